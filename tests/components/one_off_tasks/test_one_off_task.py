"""The logic of `OneOffTask`, on a hand-made ECS. How the real one behaves, the tests with an account show."""

import random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.one_off_tasks import one_off_task
from components.one_off_tasks.one_off_task import OneOffTaskFailedError, OneOffTaskProvider, TaskRun
from tests.components.fake_ecs import ACCESS, CLUSTER, WANTED, FakeAws, install, task, task_arn

PROPS: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "task_definition_arn": WANTED,
    "family": "air-migration",
    "container": "migration",
    "subnet_ids": ["subnet-a", "subnet-b"],
    "security_group_ids": ["group"],
    "assign_public_ip": False,
    "log_group": "air-migration",
    "access": ACCESS,
    "timeout_seconds": 60.0,
    "triggers": {"image": "repo@sha256:00", "secrets": "a=1"},
    "task_arn": None,
}
OURS = TaskRun.from_props(PROPS).started_by


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """An ECS on which nothing runs."""
    return install(monkeypatch, one_off_task)


def _ends(aws: FakeAws, name: str, exit_code: int = 0, **more: Any) -> None:
    aws.tasks[name] |= task(name, status="STOPPED", exit_code=exit_code, **more)


def _runs(aws: FakeAws) -> int:
    return sum(name == "run_task" for name, _ in aws.calls)


def test_it_runs_the_task_and_waits_for_its_end(aws: FakeAws) -> None:
    """With just the network that was given; the task's ARN is the result."""
    aws.starts = ["new"]
    aws.steps = [lambda: None, lambda: _ends(aws, "new")]
    made = OneOffTaskProvider().create(dict(PROPS))
    assert made.id == f"air-migration-{OURS}"
    assert made.outs == {**PROPS, "task_arn": task_arn("new")}
    assert aws.calls == [
        (
            "run_task",
            {
                "cluster": CLUSTER,
                "launchType": "FARGATE",
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "assignPublicIp": "DISABLED",
                        "securityGroups": ["group"],
                        "subnets": ["subnet-a", "subnet-b"],
                    }
                },
                "enableECSManagedTags": True,
                "propagateTags": "TASK_DEFINITION",
                "startedBy": OURS,
                "taskDefinition": WANTED,
            },
        )
    ]


def test_where_there_is_no_nat_it_gets_a_public_address(aws: FakeAws) -> None:
    """Else it could not pull its image."""
    aws.starts = ["new"]
    aws.steps = [lambda: _ends(aws, "new")]
    OneOffTaskProvider().create({**PROPS, "assign_public_ip": True})
    network = aws.calls[0][1]["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "ENABLED"


def test_a_task_that_an_interrupted_up_left_is_waited_for(aws: FakeAws) -> None:
    """Found by who started it; two migrations at once would fail."""
    aws.tasks = {"left": task("left", startedBy=OURS)}
    aws.steps = [lambda: _ends(aws, "left")]
    assert OneOffTaskProvider().create(dict(PROPS)).outs == {**PROPS, "task_arn": task_arn("left")}
    assert _runs(aws) == 0


def test_another_task_of_the_family_ends_first(aws: FakeAws) -> None:
    """One at a time: ours starts only once the other has stopped, however that one ended."""
    aws.tasks = {"other": task("other", startedBy="somebody")}
    aws.starts = ["new"]
    seen: list[int] = []
    aws.steps = [
        lambda: seen.append(_runs(aws)),
        lambda: _ends(aws, "other", exit_code=1),
        lambda: _ends(aws, "new"),
    ]
    assert OneOffTaskProvider().update("id", {}, dict(PROPS)).outs == {**PROPS, "task_arn": task_arn("new")}
    assert seen == [0]
    assert _runs(aws) == 1


def test_a_moment_without_capacity_is_borne(aws: FakeAws) -> None:
    """It is asked for again, after longer and longer waits."""
    aws.starts = ["RESOURCE:CPU", "RESOURCE:CPU", "new"]
    aws.steps = [lambda: None, lambda: None, lambda: _ends(aws, "new")]
    OneOffTaskProvider().create(dict(PROPS))
    assert _runs(aws) == 3
    assert aws.clock == 3 + 6 + 3


def test_a_role_that_was_just_created_is_waited_for(aws: FakeAws) -> None:
    """ECS does not know it for some seconds; another refusal is one."""
    aws.starts = ["ECS was unable to assume the role 'arn:aws:iam::1:role/x' that was provided", "new"]
    aws.steps = [lambda: None, lambda: _ends(aws, "new")]
    OneOffTaskProvider().create(dict(PROPS))
    assert _runs(aws) == 2
    aws.starts = ["ECS was unable to do anything"]
    with pytest.raises(ClientError, match="unable to do anything"):
        OneOffTaskProvider().update("id", {}, dict(PROPS))


def test_a_policy_that_was_just_created_is_waited_for(aws: FakeAws) -> None:
    """A task that may not read its secrets yet ends before it starts, and another one is run."""

    def refused() -> None:
        why = "ResourceInitializationError: unable to pull secrets: AccessDeniedException"
        aws.tasks["early"] |= task("early", status="STOPPED", stoppedReason=why)

    aws.starts = ["early", "new"]
    aws.steps = [refused, lambda: None, lambda: _ends(aws, "new")]
    assert OneOffTaskProvider().create(dict(PROPS)).outs == {**PROPS, "task_arn": task_arn("new")}
    assert _runs(aws) == 2


def test_no_capacity_at_all_stops_with_ecs_own_words(aws: FakeAws) -> None:
    """After a few tries, not for ever."""
    aws.starts = ["RESOURCE:MEMORY"] * 10
    with pytest.raises(OneOffTaskFailedError, match=r"^air-migration: .*did not start .*RESOURCE:MEMORY$"):
        OneOffTaskProvider().create(dict(PROPS))
    assert _runs(aws) == one_off_task.START_TRIES


def test_a_failed_task_reports_its_exit_code_and_its_last_lines(aws: FakeAws) -> None:
    """What one would otherwise look for in the console."""
    aws.starts = ["new"]
    aws.lines = {"new": [f"line {number}" for number in range(50)] + ["password authentication failed"]}
    aws.steps = [lambda: _ends(aws, "new", exit_code=1, stoppedReason="Essential container exited")]
    with pytest.raises(OneOffTaskFailedError) as stopped:
        OneOffTaskProvider().create(dict(PROPS))
    text = str(stopped.value)
    assert text.startswith(
        "air-migration: task new stopped: Essential container exited; container migration exited with 1"
    )
    assert text.endswith("password authentication failed")
    assert "line 31" in text
    assert "line 30" not in text


def test_a_task_that_never_started_is_a_failure(aws: FakeAws) -> None:
    """It has no exit code: a secret or an image could not be had, and it wrote nothing."""
    aws.starts = ["new"]
    aws.steps = [lambda: _ends(aws, "new")]
    reason = "ResourceInitializationError: unable to pull secrets"

    def never_started() -> None:
        aws.tasks["new"] |= task("new", status="STOPPED", stoppedReason=reason)

    aws.steps = [never_started]
    with pytest.raises(OneOffTaskFailedError, match=r"(?s)unable to pull secrets.*it wrote nothing"):
        OneOffTaskProvider().create(dict(PROPS))


def test_a_task_that_does_not_end_is_left_running_and_named(aws: FakeAws) -> None:
    """The text says what to do: a migration must not be killed halfway."""
    aws.starts = ["new"]
    with pytest.raises(OneOffTaskFailedError) as stopped:
        OneOffTaskProvider().create(dict(PROPS))
    assert str(stopped.value) == (
        "air-migration: task new still runs after 60 s. It goes on; run `pulumi up` again to wait for it"
    )


@pytest.mark.parametrize(
    "change",
    [
        {"task_definition_arn": "another"},
        {"subnet_ids": ["subnet-c"]},
        {"timeout_seconds": 5},
        {"log_group": "another"},
        {"task_arn": "another"},
        {"__provider": "another code"},
    ],
)
def test_only_the_triggers_run_it_again(change: dict[str, Any]) -> None:
    """Another size, network or Python version is no reason for a migration."""
    assert OneOffTaskProvider().diff("id", PROPS, PROPS | change).changes is False


@pytest.mark.parametrize("trigger", ["image", "secrets", "new"])
def test_each_trigger_runs_it_again(trigger: str) -> None:
    """In place: nothing is replaced."""
    changed = {**PROPS, "triggers": {**PROPS["triggers"], trigger: "other"}}
    found = OneOffTaskProvider().diff("id", PROPS, changed)
    assert found.changes is True
    assert not found.replaces


def test_a_run_is_named_by_what_it_is_for() -> None:
    """The same triggers in another order are the same run; ECS takes 36 letters, digits, hyphens."""
    items = list(PROPS["triggers"].items())
    random.Random(0).shuffle(items)  # noqa: S311, an order, not a key
    others = {"triggers": {**PROPS["triggers"], "image": "other"}}, {"family": "other"}
    assert TaskRun.from_props({**PROPS, "triggers": dict(reversed(items))}).started_by == OURS
    assert all(TaskRun.from_props({**PROPS, **other}).started_by != OURS for other in others)
    assert len(OURS) <= 36
    assert OURS.replace("-", "").isalnum()
