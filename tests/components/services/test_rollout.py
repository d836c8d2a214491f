"""The logic of `Rollout`, on a hand-made ECS. How the real one behaves, the tests with an account show."""

from typing import Any

import pytest

from components.model.aws.fargate import Capacity
from components.services import deployments, rollout, rollout_failure
from components.services.rollout import RolloutFailedError, RolloutProvider
from tests.components.fake_ecs import (
    ACCESS,
    CLUSTER,
    OLD,
    OLD_DEPLOYMENT,
    WANTED,
    FakeAws,
    deployment,
    install,
    task,
)

PROPS: dict[str, Any] = {
    "cluster_arn": CLUSTER,
    "service_name": "air",
    "task_definition_arn": WANTED,
    "capacity_provider_strategy": [{"base": 0.0, "capacityProvider": "FARGATE", "weight": 1.0}],
    "container": "scheduler",
    "log_group": "air",
    "access": ACCESS,
    "timeout_seconds": 120.0,
    "settling_seconds": 0.0,
    "desired_count": 2.0,
    "maximum_count": 2.0,
    "until_idle": False,
    "scaled_externally": False,
    "asleep": False,
    "remaining": None,
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """A service that runs what is wanted, twice, and is healthy."""
    fake = install(monkeypatch, rollout)
    fake.service = {
        "desiredCount": 2,
        "deployments": [deployment(1, status="ACTIVE"), deployment(2)],
        "events": [{"message": f"event {number}"} for number in range(5)],
    }
    fake.tasks = {"a": task("a"), "bb": task("bb")}
    return fake


@pytest.fixture
def failing(aws: FakeAws) -> FakeAws:
    """The same, seen while it is deployed, and then failed with nothing to go back to."""
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.steps = [lambda: aws.service.update(deployments=[deployment(2, state="FAILED")])]
    return aws


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


def test_as_many_tasks_are_waited_for_as_ecs_wants_at_this_moment(aws: FakeAws) -> None:
    """Autoscaling may have changed it; it is believed when it cannot be an answer of before the update."""
    del aws.tasks["bb"]
    aws.service["desiredCount"] = 1
    assert _remaining() == []
    assert aws.clock == deployments.SETTLED_SECONDS


@pytest.mark.parametrize("before", [0, 1])
def test_the_number_of_before_the_update_is_not_waited_for(aws: FakeAws, before: int) -> None:
    """Awake again, no task is no success."""
    aws.service["desiredCount"] = before
    del aws.tasks["bb"]
    aws.steps = [lambda: aws.service.update(desiredCount=2), lambda: aws.tasks.update(bb=task("bb"))]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


@pytest.mark.parametrize("not_yet", [{"10.0.0.2": "initial"}, {"10.0.0.9": "healthy"}])
def test_targets_that_are_not_right_yet_are_waited_for(aws: FakeAws, not_yet: dict[str, str]) -> None:
    """A new one that nobody can reach serves nobody; an old one still does until it drains."""
    right = {"10.0.0.1": "healthy", "10.0.0.2": "healthy", "10.0.0.9": "draining"}
    aws.tasks["old-one-x"] = task("old-one-x", status="DEACTIVATING", startedBy=OLD_DEPLOYMENT)
    aws.service["loadBalancers"] = [{"targetGroupArn": "arn:target"}]
    aws.target_states = right | not_yet
    aws.steps = [lambda: None, lambda: aws.target_states.update(right)]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


@pytest.mark.parametrize("state", ["healthy", "draining", "initial"])
def test_the_targets_of_another_service_are_not_its_matter(aws: FakeAws, state: str) -> None:
    """A service that is replaced by this one stands until this one is there."""
    aws.service["loadBalancers"] = [{"targetGroupArn": "arn:target"}]
    aws.target_states = {"10.0.0.1": "healthy", "10.0.0.2": "healthy", "10.0.0.77": state}
    assert _remaining() == []
    assert aws.clock == 0


def test_an_old_task_that_protects_itself_is_named_and_not_waited_for(aws: FakeAws) -> None:
    """It works for hours, maybe; `up` says which and until when."""
    aws.tasks["old"] = task("old", startedBy=OLD_DEPLOYMENT, healthStatus="UNKNOWN")
    aws.protected = {aws.tasks["old"]["taskArn"]}
    assert _remaining() == ["old protected until 2026-11-21 12:00 UTC"]
    assert aws.clock == 0


def test_an_old_task_that_works_on_unprotected_is_waited_for(aws: FakeAws) -> None:
    """Until it drains: then ECS wants it stopped and no longer lists it as running."""
    aws.tasks["old"] = task("old", startedBy=OLD_DEPLOYMENT)
    aws.steps = [lambda: None, lambda: aws.tasks["old"].update(lastStatus="DEACTIVATING")]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


SETTLING = {**PROPS, "settling_seconds": 60.0}
RAN_BEFORE = {**SETTLING, "task_definition_arn": OLD}
CRASHED: dict[str, Any] = {"stopCode": "EssentialContainerExited", "exit_code": 3}
UNHEALTHY = "(service air) (task bb) failed container health checks."


def _stops(aws: FakeAws, *, after: int, **how: Any) -> None:
    """Let a task stop, and another one take its place, after some polls."""

    def stop() -> None:
        aws.tasks["bb"] = task("bb", status="STOPPED", **how)
        aws.tasks["ccc"] = task("ccc")

    aws.steps = [lambda: None] * after + [stop]


def test_healthy_tasks_are_watched_for_a_while(aws: FakeAws) -> None:
    """From the moment at which all are healthy."""
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.steps = [lambda: aws.tasks.update(bb=task("bb"))]
    assert _remaining(SETTLING) == []
    assert aws.clock == rollout.POLL_SECONDS + 60


@pytest.mark.parametrize(
    "how",
    [
        CRASHED,
        {"stopCode": "TaskFailedToStart"},
        {"stopCode": "ServiceSchedulerInitiated", "stoppedReason": UNHEALTHY},
        {
            "stopCode": "ServiceSchedulerInitiated",
            "stoppedReason": "Task failed ELB health checks in (target-group arn:target)",
        },
    ],
)
def test_a_task_that_ends_by_itself_meanwhile_is_a_failure(aws: FakeAws, how: dict[str, Any]) -> None:
    """Though the next one is healthy too: what ran before is deployed again, and the task's end is shown."""
    aws.lines["bb"] = ["it was made so"]
    _stops(aws, after=5, **how)
    with pytest.raises(RolloutFailedError) as stopped:
        RolloutProvider().update("air", RAN_BEFORE, dict(SETTLING))
    assert "a task ended by itself, after all were healthy; air:1 is deployed again" in str(stopped.value)
    assert "it was made so" in str(stopped.value)
    assert aws.clock == 6 * rollout.POLL_SECONDS
    assert [(name, asked["taskDefinition"]) for name, asked in aws.calls] == [("update_service", OLD)]


@pytest.mark.parametrize("before", [None, SETTLING])
def test_with_nothing_to_go_back_to_nothing_is_deployed_again(
    aws: FakeAws, before: dict[str, Any] | None
) -> None:
    """A first deployment, and another number of tasks of the same revision."""
    _stops(aws, after=5, **CRASHED)
    provider = RolloutProvider()
    with pytest.raises(RolloutFailedError, match="after all were healthy; wanted air:2"):
        provider.update("air", before, dict(SETTLING)) if before else provider.create(dict(SETTLING))
    assert aws.calls == []


@pytest.mark.parametrize(
    "how",
    [
        {"stopCode": "UserInitiated", "stoppedReason": "by hand"},
        {"stopCode": "SpotInterruption"},
        {
            "stopCode": "ServiceSchedulerInitiated",
            "stoppedReason": "Scaling activity initiated by (deployment 2)",
        },
        {**CRASHED, "taskDefinitionArn": OLD},
    ],
)
def test_a_task_that_others_end_does_not_count(aws: FakeAws, how: dict[str, Any]) -> None:
    """Nor an old one that ends."""
    _stops(aws, after=5, **how)
    assert _remaining(SETTLING) == []


def test_a_task_that_ended_before_all_were_healthy_is_forgiven(aws: FakeAws) -> None:
    """It may have waited for something in vain; ECS counts such failures itself."""
    aws.tasks["dddd"] = task("dddd", status="STOPPED", **CRASHED)
    assert _remaining(SETTLING) == []


def test_a_service_that_is_asleep_has_nothing_to_watch(aws: FakeAws) -> None:
    """At once."""
    aws.service["desiredCount"] = 0
    aws.tasks = {}
    assert _remaining({**SETTLING, "desired_count": 0.0, "maximum_count": 0.0}) == []
    assert aws.clock == 0


SCALED: dict[str, Any] = {**PROPS, "scaled_externally": True}
ASLEEP: dict[str, Any] = {"desired_count": 0.0, "maximum_count": 0.0, "asleep": True}


@pytest.mark.parametrize(
    ("before", "after", "count"),
    [
        (SCALED, {**SCALED, "task_definition_arn": WANTED}, None),
        (SCALED, SCALED | ASLEEP, 0),
        (SCALED | ASLEEP, SCALED, 2),
        (SCALED, PROPS, 2),
        (PROPS, SCALED, None),
        (PROPS | ASLEEP, PROPS, None),
    ],
)
def test_a_count_that_the_service_ignores_is_set_where_it_changes(
    aws: FakeAws, before: dict[str, Any], after: dict[str, Any], count: int | None
) -> None:
    """A deployment leaves three tasks at three; sleep, waking and a count that is Pulumi's again do not."""
    aws.service["desiredCount"] = 3 if count is None else count
    aws.tasks = {"x" * number: task("x" * number) for number in range(1, aws.service["desiredCount"] + 1)}
    RolloutProvider().update("air", dict(before), dict(after))
    wanted = {"cluster": CLUSTER, "service": "air", "desiredCount": count}
    assert aws.calls == ([] if count is None else [("update_service", wanted)])


@pytest.mark.parametrize("scaled", [True, False])
def test_a_count_that_was_changed_after_the_first_up_had_failed_is_set(aws: FakeAws, *, scaled: bool) -> None:
    """The service is there with the number of then, which ECS's own resource does not change any more."""
    aws.service["desiredCount"] = 0
    aws.tasks = {}
    RolloutProvider().create({**PROPS, **ASLEEP, "scaled_externally": scaled})
    wanted = {"cluster": CLUSTER, "service": "air", "desiredCount": 0}
    assert aws.calls == ([("update_service", wanted)] if scaled else [])


AUTOSCALED: dict[str, Any] = {**SCALED, "desired_count": 1.0, "maximum_count": 4.0}
FROM_ZERO: dict[str, Any] = {**SCALED, "desired_count": 0.0, "maximum_count": 0.0}


@pytest.mark.parametrize(
    ("before", "after", "now", "count"),
    [
        (AUTOSCALED, AUTOSCALED, 3, None),
        (AUTOSCALED, AUTOSCALED | {"maximum_count": 2.0}, 3, 2),
        (AUTOSCALED, AUTOSCALED | {"desired_count": 2.0}, 3, 3),
        (AUTOSCALED, AUTOSCALED | ASLEEP, 3, 0),
        (AUTOSCALED | ASLEEP, AUTOSCALED, 0, 1),
        (FROM_ZERO, FROM_ZERO | ASLEEP, 3, 0),
        (FROM_ZERO | ASLEEP, FROM_ZERO, 0, 0),
        (PROPS, AUTOSCALED, 3, 3),
        (AUTOSCALED, PROPS, 3, 2),
    ],
)
def test_a_count_that_aws_scales_is_brought_within_new_bounds(
    aws: FakeAws, before: dict[str, Any], after: dict[str, Any], now: int, count: int | None
) -> None:
    """And is otherwise left as it is: not even a new minimum takes workers away."""
    aws.service["desiredCount"] = now
    set_counts: list[int] = []

    def update_service(**asked: Any) -> dict[str, Any]:
        set_counts.append(asked["desiredCount"])
        aws.service["desiredCount"] = asked["desiredCount"]
        aws.tasks = {"x" * number: task("x" * number) for number in range(1, asked["desiredCount"] + 1)}
        return {}

    aws.tasks = {"x" * number: task("x" * number) for number in range(1, now + 1)}
    aws.update_service = update_service
    RolloutProvider().update("air", dict(before), dict(after))
    assert set_counts == ([] if count is None else [count])


def test_a_state_without_a_maximum_is_no_change() -> None:
    """That of an older program: nothing is waited for because of it."""
    old = {name: value for name, value in PROPS.items() if name != "maximum_count"}
    assert RolloutProvider().diff("air", old, PROPS).changes is False


def test_a_count_that_is_pulumis_again_is_a_change() -> None:
    """The state may have another one than ECS; that somebody else takes over is none."""
    assert RolloutProvider().diff("air", SCALED, PROPS).changes is True
    assert RolloutProvider().diff("air", PROPS, SCALED).changes is False


def test_asleep_tasks_that_still_work_are_waited_for_where_others_would_stop_what_they_need(
    aws: FakeAws,
) -> None:
    """Elsewhere they are named, whichever deployment started them."""
    aws.service["desiredCount"] = 0
    aws.tasks = {"bb": task("bb")}
    aws.protected = {aws.tasks["bb"]["taskArn"]}
    asleep = {**PROPS, **ASLEEP}
    assert _remaining(asleep) == ["bb protected until 2026-11-21 12:00 UTC"]
    with pytest.raises(RolloutFailedError) as late:
        _remaining({**asleep, "until_idle": True})
    assert "its Airflow tasks have not ended after" in str(late.value)
    assert "task bb protected until 2026-11-21 12:00 UTC" in str(late.value)
    aws.steps = [lambda: None, aws.tasks.clear]
    assert _remaining({**asleep, "until_idle": True}) == []


def test_a_rollback_is_a_failure_although_ecs_is_content(aws: FakeAws) -> None:
    """The running revision is not the wanted one; the reason and the last lines are told."""
    rolled_back = [deployment(1), deployment(2, status="ACTIVE", state="FAILED")]
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.steps = [lambda: aws.service.update(deployments=rolled_back)]
    aws.tasks["bad"] = task("bad", status="STOPPED", exit_code=3, stoppedReason="Essential container exited")
    aws.tasks["bad"]["containers"][0]["name"] = "scheduler"
    aws.lines = {"bad": ["Cannot verify the database's certificate"]}
    text = _failure()
    assert text.startswith("service air: ECS rolled it back; wanted air:2\n  ECS reports: event 0\n")
    assert "event 2" in text
    assert "event 3" not in text
    assert "task bad stopped: Essential container exited; container scheduler exited with 3" in text
    assert text.endswith("Cannot verify the database's certificate")
    assert aws.clock == rollout.POLL_SECONDS
    assert aws.calls == []


def test_a_rollback_whose_failed_deployment_is_no_longer_listed_is_seen_after_a_minute(aws: FakeAws) -> None:
    """ECS forgets a failed deployment once its tasks are gone."""
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.steps = [lambda: aws.service.update(deployments=[deployment(1)])]
    assert _failure().startswith("service air: ECS rolled it back")
    assert aws.clock == rollout.POLL_SECONDS + deployments.ROLLED_BACK_SECONDS
    assert aws.calls == []


def test_a_failed_deployment_is_a_failure(failing: FakeAws) -> None:
    """With nothing to roll back to: the first deployment of a service."""
    assert _failure().startswith("service air: its deployment failed; wanted air:2")
    assert failing.calls == []


def test_an_answer_of_before_the_update_is_no_rollback(aws: FakeAws) -> None:
    """ECS is consistent after a while only; neither a failure nor a second deployment follows."""
    message = aws.service["deployments"]
    aws.service["deployments"] = [deployment(1)]
    aws.steps = [lambda: None, lambda: aws.service.update(deployments=message)]
    assert _remaining() == []
    assert aws.calls == []


def test_an_old_answer_in_the_middle_is_no_rollback_either(aws: FakeAws) -> None:
    """It is believed after a minute, not before."""
    message = aws.service["deployments"]
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.steps = [
        lambda: aws.service.update(deployments=[deployment(1)]),
        lambda: (aws.service.update(deployments=message), aws.tasks.update(bb=task("bb")))[0],
    ]
    assert _remaining() == []
    assert aws.calls == []


RETRIED = {
    "cluster": CLUSTER,
    "service": "air",
    "taskDefinition": WANTED,
    "capacityProviderStrategy": [{"base": 0, "capacityProvider": "FARGATE", "weight": 1}],
    "forceNewDeployment": True,
}
BEFORE = {
    "a first deployment that failed": [deployment(2, state="FAILED")],
    "one that was rolled back": [deployment(1), deployment(2, status="ACTIVE", state="FAILED")],
    "one that was rolled back and is told no more": [deployment(1)],
    "one on another kind of capacity": [
        deployment(2, capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}])
    ],
}
"""What an earlier `up` can have left, or somebody by hand."""


@pytest.mark.parametrize("before", BEFORE)
def test_what_failed_before_is_tried_again_once(aws: FakeAws, before: str) -> None:
    """The cause may be gone, and the service itself has nothing to update."""
    aws.service["deployments"] = BEFORE[before]
    aws.tasks = {"a": task("a", startedBy="ecs-svc/3"), "bb": task("bb", startedBy="ecs-svc/3")}

    def answer() -> None:
        if aws.calls:
            aws.service["deployments"] = [deployment(3, state="IN_PROGRESS"), *BEFORE[before][1:]]

    aws.steps = [answer] * 20
    assert _remaining() == []
    assert aws.calls == [("update_service", RETRIED)]


def test_nothing_is_tried_while_ecs_rolls_back(aws: FakeAws) -> None:
    """It goes back to completed deployments only: a try that fails in the middle would stay."""
    failed = deployment(2, status="ACTIVE", state="FAILED")
    aws.service["deployments"] = [deployment(1, state="IN_PROGRESS"), failed]
    aws.tasks = {"a": task("a", startedBy="ecs-svc/3"), "bb": task("bb", startedBy="ecs-svc/3")}
    states: list[str] = []

    def complete() -> None:
        assert aws.calls == []
        aws.service["deployments"] = [deployment(1), failed]

    def answer() -> None:
        if aws.calls:
            aws.service["deployments"] = [deployment(3, state="IN_PROGRESS"), deployment(1, status="ACTIVE")]

    aws.steps = [*[lambda: states.append("rolling back")] * 15, complete, *[answer] * 5]
    assert _remaining() == []
    assert aws.calls == [("update_service", RETRIED)]
    assert len(states) * rollout.POLL_SECONDS > deployments.SETTLED_SECONDS


@pytest.mark.parametrize("before", BEFORE)
def test_what_fails_again_is_a_failure(aws: FakeAws, before: str) -> None:
    """One try an `up`; an answer of before the try is not taken for its end."""
    aws.service["deployments"] = BEFORE[before]
    retried = deployment(3, state="FAILED", status=BEFORE[before][-1]["status"])
    rest = [one for one in BEFORE[before] if one["status"] == "PRIMARY" and retried["status"] != "PRIMARY"]

    def answer() -> None:
        if aws.calls and len(seen) > 2:
            aws.service["deployments"] = [*rest, retried]
        seen.extend("x" if aws.calls else "")

    seen: list[str] = []
    aws.steps = [answer] * 30
    assert _failure().startswith("service air: ")
    assert aws.calls == [("update_service", RETRIED)]
    assert len(seen) > 2


def test_a_try_that_ecs_never_shows_is_given_up(aws: FakeAws) -> None:
    """Somebody else deploys something else."""
    aws.service["deployments"] = [deployment(1)]
    assert _failure().startswith("service air: ECS rolled it back")
    assert aws.clock == deployments.SETTLED_SECONDS + rollout.POLL_SECONDS + deployments.ROLLED_BACK_SECONDS
    assert len(aws.calls) == 1


def test_tasks_of_the_same_revision_that_another_deployment_started_are_old(aws: FakeAws) -> None:
    """On Spot or not: the revision is the same then."""
    aws.tasks["cc"] = task("cc", startedBy="ecs-svc/1")
    aws.steps = [lambda: None, lambda: aws.tasks["cc"].update(lastStatus="DEACTIVATING")]
    assert _remaining() == []
    assert aws.clock == 2 * rollout.POLL_SECONDS


def test_a_rollout_that_never_completes_fails_after_its_timeout(aws: FakeAws) -> None:
    """The text has the service, the time and what ECS says."""
    aws.tasks["bb"] |= {"healthStatus": "UNHEALTHY"}
    assert _failure().startswith(
        "service air: it is not there after 120 s; wanted air:2\n  ECS reports: event 0"
    )
    assert 120 < aws.clock < 130


def test_a_failure_names_the_tasks_that_protect_themselves(aws: FakeAws) -> None:
    """They may be what leaves no room, or what ECS waits for."""
    aws.tasks["bb"] |= {"lastStatus": "PENDING"}
    aws.tasks["old"] = task("old", startedBy=OLD_DEPLOYMENT)
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


def test_only_the_last_failed_tasks_of_this_revision_are_shown(failing: FakeAws) -> None:
    """Three screens of the same trace help nobody."""
    aws = failing
    for name in ("one", "two", "three"):
        aws.tasks[name] = task(name, status="STOPPED", exit_code=1)
    aws.tasks["before"] = task("before", status="STOPPED", exit_code=1, taskDefinitionArn=OLD)
    text = _failure()
    assert text.count("stopped: ") == rollout_failure.FAILED_TASKS_SHOWN
    assert "task before" not in text


def test_a_deleted_service_is_an_error_with_a_remedy(aws: FakeAws) -> None:
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


@pytest.mark.parametrize(
    "name",
    [
        *("cluster_arn", "service_name", "task_definition_arn", "capacity_provider_strategy"),
        *("desired_count", "maximum_count", "asleep"),
    ],
)
def test_another_deployment_is_waited_for(name: str) -> None:
    """In place: nothing is replaced."""
    found = RolloutProvider().diff("air", PROPS, {**PROPS, name: "other"})
    assert found.changes is True
    assert not found.replaces


@pytest.mark.parametrize("base", [0, 2])
def test_a_deployment_with_another_share_of_spot_is_another(base: int) -> None:
    """ECS gives a strategy back in any order, and with its defaults."""
    divided = Capacity(spot_percent=75, on_demand_base=2).strategy
    watched = deployments.Watched(task_definition=WANTED, capacity_provider_strategy=divided, desired_count=3)
    spot = {"capacityProvider": "FARGATE_SPOT", "weight": 75}
    found = [spot, {"capacityProvider": "FARGATE", "base": base, "weight": 25}]
    service = {"deployments": [deployment(2, capacityProviderStrategy=found)], "desiredCount": 3}
    wanted = deployments.Verdict.WATCH if base else deployments.Verdict.WAIT
    assert watched.verdict(service, 0) is wanted


@pytest.mark.parametrize("name", ["timeout_seconds", "log_group", "container", "remaining", "__provider"])
def test_nothing_else_is_a_deployment(name: str) -> None:
    """Another time limit or Python version waits for nothing."""
    assert RolloutProvider().diff("air", PROPS, {**PROPS, name: "other"}).changes is False
