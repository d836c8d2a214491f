# pyright: basic
# boto3's answers have no types.
"""What ECS refuses of RunTask, and that it knows a new task not at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from .conftest import Stage

TOO_LONG = {"containerOverrides": [{"name": "web", "command": ["x" * 8192]}]}
SPOT = [{"capacityProvider": "FARGATE_SPOT"}]
UNTAGGED = {"key": "Aws:x", "value": "x"}
TWICE = [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Overrides have at most 8192 characters, those of the JSON's form included.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="`startedBy` has at most 128 letters, numbers, hyphens, slashes and underscores.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A task has at most 50 tags with different keys, none of which begins with `aws:`.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A strategy has only capacity providers that are associated with the cluster, and no launch type.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A call starts 1 to 10 tasks.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Task tags are propagated from the task definition, not from a service.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A platform version that does not exist is an error.",
    error="PlatformUnknownException",
)
@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="Another size is one that Fargate has, and holds its containers.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskOverride.html",
    error="ClientException",
)
@pytest.mark.parametrize(
    ("given", "code", "words"),
    [
        (
            {"overrides": TOO_LONG},
            "InvalidParameterException",
            "Container Overrides length must be at most 8192",
        ),
        ({"startedBy": "a" * 129}, "InvalidParameterException", "startedBy"),
        ({"startedBy": "a:b"}, "InvalidParameterException", "startedBy"),
        ({"tags": [UNTAGGED]}, "InvalidParameterException", "aws:"),
        ({"tags": TWICE}, "InvalidParameterException", "Duplicate tag keys"),
        ({"tags": [{"key": f"k{n}", "value": ""} for n in range(51)]}, "InvalidParameterException", "50"),
        ({"capacityProviderStrategy": SPOT}, "InvalidParameterException", "not associated with the cluster"),
        (
            {"capacityProviderStrategy": SPOT, "launchType": "FARGATE"},
            "InvalidParameterException",
            "both a launch type and capacity provider strategy",
        ),
        ({"count": 11}, "InvalidParameterException", "between 1 and 10"),
        ({"propagateTags": "SERVICE"}, "InvalidParameterException", "propagateTags"),
        ({"platformVersion": "9.9.9"}, "PlatformUnknownException", "9.9.9"),
        ({"overrides": {"memory": "768"}}, "ClientException", "No Fargate configuration exists"),
        ({"overrides": {"ephemeralStorage": {"sizeInGiB": 20}}}, "ClientException", "ephemeral storage"),
        (
            {"overrides": {"containerOverrides": [{"name": "web", "memory": 999_999}]}},
            "ClientException",
            "greater than for the task",
        ),
    ],
)
def test_what_run_task_refuses(stage: Stage, given: dict[str, Any], code: str, words: str) -> None:
    """Each with a request that is right but for it; nothing starts."""
    with pytest.raises(ClientError) as refused:
        stage.start(stage.definition("pass"), **given)
    assert refused.value.response["Error"]["Code"] == code
    assert words in refused.value.response["Error"]["Message"]


@pytest.mark.conformance(
    operation="ecs:RunTask",
    says="A client token that is used again with another request is an error.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/ECS_Idempotency.html",
    error="ConflictException",
)
def test_a_client_token_is_for_one_request(stage: Stage) -> None:
    """The first request's task runs; the second starts none."""
    definition, token = stage.definition("pass"), stage.name("token")
    stage.start(definition, clientToken=token)
    with pytest.raises(ClientError) as refused:
        stage.start(definition, clientToken=token, startedBy="another")
    assert refused.value.response["Error"]["Code"] == "ConflictException"


@pytest.mark.conformance(
    operation="ecs:DescribeTasks",
    says="ECS is eventually consistent: a task that was just run may be `MISSING`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html",
)
@pytest.mark.conformance(
    operation="ecs:DescribeTasks",
    says="A request names at most 100 tasks.",
    error="InvalidParameterException",
)
@pytest.mark.conformance(
    operation="ecs:ListTasks",
    says="A filter by `startedBy` is the only one.",
    error="InvalidParameterException",
)
def test_a_new_task_is_not_known_at_once(stage: Stage) -> None:
    """To the first who asks; to the next it is."""
    ecs, of = stage.ecs, {"cluster": stage.cluster}
    by = stage.name("me")
    arn = stage.start(stage.definition("pass"), startedBy=by)["taskArn"]
    first = ecs.describe_tasks(**of, tasks=[arn])
    assert (first["tasks"], first["failures"]) == ([], [{"arn": arn, "reason": "MISSING"}])
    assert ecs.describe_tasks(**of, tasks=[arn])["tasks"][0]["startedBy"] == by
    assert stage.until_stopped(arn)
    assert ecs.list_tasks(**of, startedBy=by, desiredStatus="STOPPED")["taskArns"] == [arn]
    with pytest.raises(ClientError, match="startedBy must be the only filter"):
        ecs.list_tasks(**of, startedBy=by, family="any")
    with pytest.raises(ClientError, match="more than 100"):
        ecs.describe_tasks(**of, tasks=[arn] * 101)


def test_another_size_is_that_of_the_task(stage: Stage) -> None:
    """CPU, memory and ephemeral storage, as AWS gives them back."""
    size = {"cpu": "512", "memory": "2048", "ephemeralStorage": {"sizeInGiB": 30}}
    task = stage.until_stopped(stage.start(stage.definition("pass"), overrides=size)["taskArn"])
    assert {key: task[key] for key in size} == size
