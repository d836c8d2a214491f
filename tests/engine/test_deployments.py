"""Deployments that fail and are mended, and services that move to Spot and back.

The image only pretends to be Airflow. What ECS does here is what the embedded account makes of AWS's pages;
neither Spot's capacity nor how long AWS takes is proved.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi import automation as auto

from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import KEYS, client, get
from tests.helpers.checkout import SHIPPED
from tests.helpers.polling import wait_for

pytestmark = pytest.mark.engine

STACK = "mended"
SECRET = "mood"
SERVICE = ("aws:ecs/service:Service", f"airflow-{STACK}-api-server")


@pytest.fixture(scope="module")
def secret_arn(bench: Bench) -> Iterator[str]:
    """Make a secret that no role can start with, as one with a mistyped password is; destroy the stack."""
    arn = client("secretsmanager").create_secret(Name=SECRET, SecretString="bad")["ARN"]
    yield arn
    _select(bench, arn).destroy()
    client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def _select(
    bench: Bench, secret_arn: str, *, spot: bool = True, team: str = "a", **others: str
) -> auto.Stack:
    more = {
        "imageUri": bench.images["good"],
        "apiServerSpot": f'"{spot}"'.lower(),
        "extraSecrets": f"{{api-server: {{MOOD: '{secret_arn}'}}}}",
        "extraEnvironment": f"{{api-server: {{TEAM: {team}}}}}",
        **others,
    }
    settings = {**KEYS["dev"], **{f"airflow-ecs:{key}": value for key, value in more.items()}}
    return bench.stack(STACK, settings, base=(SHIPPED / "Pulumi.dev.yaml").read_text())


def _set(value: str) -> None:
    client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=value)


def _state(stack: auto.Stack) -> list[str]:
    return [one["rolloutState"] for one in _service(stack)["deployments"]]


def _service(stack: auto.Stack) -> dict[str, Any]:
    """Describe the one service; ECS answers once as before an update."""
    outputs = stack.outputs()
    cluster, (name,) = outputs["cluster_name"].value, {*outputs["service_names"].value.values()}
    asked = [client("ecs").describe_services(cluster=cluster, services=[name]) for _ in range(5)]
    return asked[-1]["services"][0]


@pytest.mark.drill(name="deployments")
def test_a_first_deployment_that_failed_is_healed_by_the_next_up(bench: Bench, secret_arn: str) -> None:
    """ECS has nothing to go back to, starts no task any more, and the service has nothing to update."""
    stack = _select(bench, secret_arn)
    with pytest.raises(auto.CommandError) as failed:
        stack.up()
    assert "its deployment failed" in str(failed.value)
    assert "this secret has a wrong value" in str(failed.value)
    _set("good")
    url = stack.up().outputs["url"].value
    assert get(url) == (200, "good")
    assert preview(stack) == set()


@pytest.mark.drill(name="deployments")
def test_two_failures_in_a_row_are_healed_too(bench: Bench, secret_arn: str) -> None:
    """Users see the old tasks throughout, and the revision that they run stays usable."""
    _set("good")
    stack = _select(bench, secret_arn)
    url = stack.up().outputs["url"].value
    before = _service(stack)["taskDefinition"]
    _set("bad")
    stack = _select(bench, secret_arn, team="b")
    for _ in range(2):
        wait_for("ECS has a completed deployment to go back to", lambda: _state(stack) == ["COMPLETED"])
        with pytest.raises(auto.CommandError, match="ECS rolled it back"):
            stack.up()
        assert get(url) == (200, "good")
        assert _service(stack)["taskDefinition"] == before
        response = client("ecs").describe_task_definition(taskDefinition=before)["taskDefinition"]
        assert response["status"] == "ACTIVE"
    _set("good")
    stack.up()
    assert _service(stack)["taskDefinition"] != before
    assert preview(stack) == set()
    assert get(url) == (200, "good")


@pytest.mark.drill(name="deployments")
def test_tasks_that_die_once_they_were_healthy_fail_the_update(bench: Bench, secret_arn: str) -> None:
    """ECS is content with each of them: the version before is deployed again, and the next `up` heals."""
    _set("good")
    stack = _select(bench, secret_arn)
    stack.up()
    before = _service(stack)["taskDefinition"]
    _set("short")
    stack = _select(bench, secret_arn, team="c", rolloutSettlingSeconds='"60"')
    with pytest.raises(auto.CommandError) as failed:
        stack.up()
    assert "a task ended by itself, after all were healthy" in str(failed.value)
    assert "container api-server exited with 3" in str(failed.value)
    _set("good")
    assert _service(stack)["taskDefinition"] == before
    wait_for("the version before is deployed again", lambda: _state(stack) == ["COMPLETED"])
    # Its tasks that began before the secret was put right die too, and others take their place.
    url = stack.outputs()["url"].value
    wait_for("the version before serves again", lambda: get(url) == (200, "good"))
    stack.up()
    assert _service(stack)["taskDefinition"] != before
    assert preview(stack) == set()


@pytest.mark.drill(name="deployments")
@pytest.mark.parametrize("spot", [False, True])
def test_a_service_moves_to_spot_and_back_in_place(bench: Bench, secret_arn: str, *, spot: bool) -> None:
    """With the same revision, so only the deployment tells old tasks from new."""
    _set("good")
    _select(bench, secret_arn, team="b", spot=not spot).up()
    stack = _select(bench, secret_arn, team="b", spot=spot)
    changes = {(name, kind): operation for operation, kind, name in preview(stack)}
    assert changes[SERVICE[1], SERVICE[0]] == "update"
    assert not [one for one in changes if "taskDefinition" in one[1]]
    stack.up()
    assert preview(stack) == set()
    ecs, outputs = client("ecs"), stack.outputs()
    cluster = outputs["cluster_name"].value
    arns = ecs.list_tasks(cluster=cluster, serviceName=_service(stack)["serviceName"])["taskArns"]
    used = {one["capacityProviderName"] for one in ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]}
    assert used == {"FARGATE_SPOT" if spot else "FARGATE"}
