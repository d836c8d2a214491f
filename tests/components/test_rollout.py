"""The logic of `Rollout`, on a hand-made ECS. How the real one behaves, the tests with an account show."""

from typing import Any

import pytest
from fake_ecs import ACCESS, CLUSTER, OLD, WANTED, FakeAws, install, task

from components import rollout
from components.rollout import RolloutFailedError, RolloutProvider

PROPS: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "service_name": "air",
    "task_definition_arn": WANTED,
    "container": "scheduler",
    "log_group": "air",
    "access": ACCESS,
    "timeout_seconds": 60.0,
    "desired_count": 2.0,
    "remaining": None,
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """A service that runs what is wanted, twice, and is healthy."""
    fake = install(monkeypatch, rollout)
    fake.service = {
        "desiredCount": 2,
        "deployments": [
            {"status": "ACTIVE", "taskDefinition": OLD},
            {"status": "PRIMARY", "taskDefinition": WANTED, "rolloutState": "COMPLETED"},
        ],
        "events": [{"message": f"event {number}"} for number in range(5)],
    }
    fake.tasks = {"a": task("a"), "bb": task("bb")}
    return fake


def _remaining(props: dict[str, Any] = PROPS) -> list[str]:
    outs: Any = RolloutProvider().create(dict(props)).outs
    return outs["remaining"]


def _failure() -> str:
    with pytest.raises(RolloutFailedError) as stopped:
        RolloutProvider().create(dict(PROPS))
    return str(stopped.value)


def test_all_new_tasks_healthy_is_done(aws: FakeAws) -> None:
    """At once, with nothing left over; create and update wait alike."""
    made = RolloutProvider().create(dict(PROPS))
    assert (made.id, made.outs) == ("air", {**PROPS, "remaining": []})
    assert RolloutProvider().update("air", {}, dict(PROPS)).outs == {**PROPS, "remaining": []}
    assert aws.clock == 0


@pytest.mark.parametrize(
    "not_yet", [{"healthStatus": "UNKNOWN"}, {"healthStatus": "UNHEALTHY"}, {"lastStatus": "PENDING"}]
)
def test_a_task_that_is_not_healthy_is_waited_for(aws: FakeAws, not_yet: dict[str, str]) -> None:
    """Running is not enough."""
    aws.tasks["bb"] |= not_yet
    aws.steps = [lambda: None, lambda: aws.tasks.update(bb=task("bb"))]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


def test_a_missing_task_is_waited_for(aws: FakeAws) -> None:
    """As many as ECS wants at this moment, which autoscaling may have changed."""
    del aws.tasks["bb"]
    aws.steps = [lambda: aws.service.update(desiredCount=1)]
    assert _remaining() == []
    assert aws.clock == rollout.POLL_SECONDS


@pytest.mark.parametrize("not_yet", [{"10.0.0.2": "initial"}, {"10.0.0.9": "healthy"}])
def test_targets_that_are_not_right_yet_are_waited_for(aws: FakeAws, not_yet: dict[str, str]) -> None:
    """A new one that nobody can reach serves nobody; an old one still does until it drains."""
    right = {"10.0.0.1": "healthy", "10.0.0.2": "healthy", "10.0.0.9": "draining"}
    aws.service["loadBalancers"] = [{"targetGroupArn": "arn:target"}]
    aws.target_states = right | not_yet
    aws.steps = [lambda: None, lambda: aws.target_states.update(right)]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


def test_an_old_task_that_protects_itself_is_named_and_not_waited_for(aws: FakeAws) -> None:
    """It works for hours, maybe; `up` says which and until when."""
    aws.tasks["old"] = task("old", taskDefinitionArn=OLD, healthStatus="UNKNOWN")
    aws.protected = {aws.tasks["old"]["taskArn"]}
    assert _remaining() == ["old protected until 2026-11-21 12:00 UTC"]
    assert aws.clock == 0


def test_an_old_task_that_works_on_unprotected_is_waited_for(aws: FakeAws) -> None:
    """Until it drains: then ECS wants it stopped and no longer lists it as running."""
    aws.tasks["old"] = task("old", taskDefinitionArn=OLD)
    aws.steps = [lambda: None, lambda: aws.tasks["old"].update(lastStatus="DEACTIVATING")]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


def test_a_rollback_is_a_failure_although_ecs_is_content(aws: FakeAws) -> None:
    """The running revision is not the wanted one; the reason and the last lines are told."""
    aws.service["deployments"] = [{"status": "PRIMARY", "taskDefinition": OLD, "rolloutState": "COMPLETED"}]
    aws.tasks["bad"] = task("bad", status="STOPPED", exit_code=3, stoppedReason="Essential container exited")
    aws.tasks["bad"]["containers"][0]["name"] = "scheduler"
    aws.lines = {"bad": ["Cannot verify the database's certificate"]}
    text = _failure()
    assert text.startswith("service air: ECS rolled it back; wanted air:2\n  ECS says: event 0\n")
    assert "event 2" in text
    assert "event 3" not in text
    assert "task bad stopped: Essential container exited; container scheduler exited with 3" in text
    assert text.endswith("Cannot verify the database's certificate")
    assert aws.clock == 0


def test_a_failed_deployment_is_a_failure(aws: FakeAws) -> None:
    """With nothing to roll back to: the first deployment of a service."""
    aws.service["deployments"][1]["rolloutState"] = "FAILED"
    assert _failure().startswith("service air: its deployment failed; wanted air:2")


def test_patience_ends(aws: FakeAws) -> None:
    """The text has the service, the time and what ECS says."""
    aws.tasks["bb"] |= {"healthStatus": "UNHEALTHY"}
    assert _failure().startswith("service air: it is not there after 60 s; wanted air:2\n  ECS says: event 0")
    assert 60 < aws.clock < 70


def test_a_failure_names_the_tasks_that_protect_themselves(aws: FakeAws) -> None:
    """They may be what leaves no room, or what ECS waits for."""
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.tasks["old"] = task("old", taskDefinitionArn=OLD)
    aws.protected = {aws.tasks["old"]["taskArn"]}
    assert "\n  task old protected until 2026-11-21 12:00 UTC" in _failure()


def test_a_service_that_goes_may_stop_its_protected_tasks(aws: FakeAws) -> None:
    """Else `destroy` would wait until the longest has ended, and fail after 20 minutes."""
    aws.tasks = {f"t{number}": task(f"t{number}") for number in range(12)}
    aws.protected = {one["taskArn"] for one in aws.tasks.values()}
    RolloutProvider().delete("air", dict(PROPS))
    assert not aws.protected
    aws.service = {}
    RolloutProvider().delete("air", dict(PROPS))


def test_only_the_last_failed_tasks_of_this_revision_are_shown(aws: FakeAws) -> None:
    """Three screens of the same trace help nobody."""
    aws.service["deployments"][1]["rolloutState"] = "FAILED"
    for name in ("one", "two", "three"):
        aws.tasks[name] = task(name, status="STOPPED", exit_code=1)
    aws.tasks["before"] = task("before", status="STOPPED", exit_code=1, taskDefinitionArn=OLD)
    text = _failure()
    assert text.count("stopped: ") == rollout.FAILED_TASKS_SHOWN
    assert "task before" not in text


def test_a_service_that_is_gone_says_what_to_do(aws: FakeAws) -> None:
    """Somebody deleted it by hand."""
    aws.service = {}
    assert _failure() == "service air does not exist; run `pulumi refresh`, then `up`"


def test_many_tasks_are_described_in_batches(aws: FakeAws) -> None:
    """ECS describes a hundred at once."""
    aws.tasks = {f"t{number}": task(f"t{number}") for number in range(250)}
    aws.service["desiredCount"] = 250
    described: list[int] = []
    usual = aws.describe_tasks

    def describe_tasks(*, cluster: str, tasks: list[str]) -> dict[str, Any]:
        described.append(len(tasks))
        return usual(cluster=cluster, tasks=tasks)

    aws.describe_tasks = describe_tasks
    assert _remaining() == []
    assert described == [100, 100, 50]


@pytest.mark.parametrize("name", ["cluster_arn", "service_name", "task_definition_arn", "desired_count"])
def test_another_deployment_is_waited_for(name: str) -> None:
    """In place: nothing is replaced."""
    found = RolloutProvider().diff("air", PROPS, {**PROPS, name: "other"})
    assert found.changes is True
    assert not found.replaces


@pytest.mark.parametrize("name", ["timeout_seconds", "log_group", "container", "remaining", "__provider"])
def test_nothing_else_is_a_deployment(name: str) -> None:
    """Another time limit or Python version waits for nothing."""
    assert RolloutProvider().diff("air", PROPS, {**PROPS, name: "other"}).changes is False
