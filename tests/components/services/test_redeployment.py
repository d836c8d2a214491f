"""A service is deployed once more, on a hand-made ECS.

Not proved: how the real one behaves; see `tests/embedded_aws/account/test_redeployment.py`.
"""

import pytest

from components.services import deployments, redeployment, rollout
from components.services.redeployment import redeploy
from components.services.rollout import RolloutFailedError
from components.services.rollout_props import RolloutProps
from tests.components.fake_ecs import FakeAws, deployment, install, task
from tests.components.services.test_rollout import PROPS, RETRIED

WANTED = RolloutProps.from_props(PROPS)
NEW = "ecs-svc/3"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> FakeAws:
    """A service that runs what is wanted, twice, and is healthy."""
    fake = install(monkeypatch, rollout)
    monkeypatch.setattr(redeployment, "AwsClients", rollout.AwsClients)
    fake.service = {"desiredCount": 2, "deployments": [deployment(2)], "events": []}
    fake.tasks = {"a": task("a"), "bb": task("bb")}
    return fake


def _started(aws: FakeAws) -> None:
    """Show the new deployment, whose tasks are not healthy yet."""
    aws.service["deployments"] = [deployment(3, state="IN_PROGRESS"), deployment(2, status="ACTIVE")]
    for name in ("ccc", "dddd"):
        aws.tasks[name] = task(name, startedBy=NEW, healthStatus="UNKNOWN")


def _complete(aws: FakeAws) -> None:
    """Let the new tasks be healthy and the old ones drain."""
    aws.service["deployments"] = [deployment(3)]
    for name in ("ccc", "dddd"):
        aws.tasks[name] |= {"healthStatus": "HEALTHY"}
    for name in ("a", "bb"):
        aws.tasks[name] |= {"lastStatus": "DEACTIVATING"}


def test_new_tasks_of_the_same_revision_are_waited_for(aws: FakeAws) -> None:
    """Not the old ones, healthy and of the same revision, whatever ECS answers at first."""
    aws.steps = [lambda: None, lambda: _started(aws), lambda: None, lambda: _complete(aws)]
    assert redeploy(WANTED) == []
    assert aws.calls == [("update_service", RETRIED)]
    assert aws.clock == 4 * rollout.POLL_SECONDS + deployments.SETTLED_SECONDS


def test_what_ecs_rolls_back_is_a_failure(aws: FakeAws) -> None:
    """Though what it goes back to is of the same revision, and healthy."""

    def rolled_back() -> None:
        aws.service["deployments"] = [deployment(2)]
        for name in ("ccc", "dddd"):
            aws.tasks[name] |= {"lastStatus": "STOPPED", "stoppedReason": "it was made so"}

    aws.steps = [lambda: _started(aws), rolled_back]
    with pytest.raises(
        RolloutFailedError, match=r"(?s)service air: ECS rolled it back; wanted air:2.*made so"
    ):
        redeploy(WANTED)


def test_a_deployment_that_ecs_does_not_start_is_a_failure(aws: FakeAws) -> None:
    """After a while."""
    with pytest.raises(RolloutFailedError, match="ECS started no other deployment"):
        redeploy(WANTED)
    assert aws.clock > deployments.SETTLED_SECONDS
