"""When a worker takes tasks, over a service whose tasks are protected, and what it asks of ECS meanwhile.

The clock is the test's, and the thread's step is called by hand; `test_services.py` has real workers.
"""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from airflow_ecs_image.deployment import Deployment, Standing, standing
from airflow_ecs_image.intake import Intake
from airflow_ecs_image.protection import Protection
from tests.image.agent import Agent, Service

TICK = 10.0


class Worker:
    """An intake before an agent; time passes in ticks."""

    def __init__(self, service: Service, address: str) -> None:
        self.agent = Agent(address)
        self.agent.service = service
        self.now = 0.0
        self.standing = Standing.UNKNOWN
        self.working = False
        self.protection = Protection(self.agent.url, timedelta(hours=1), self.clock)
        self.intake = Intake(self.protection, lambda: self.standing, self.clock)
        self.intake.ask = lambda: None  # the test is the thread

    def clock(self) -> float:
        """The test's time."""
        return self.now

    def receive(self) -> None:
        """A task arrives."""
        self.working = True
        self.intake.received()
        self.intake.step()

    def tick(self, seconds: float = TICK) -> bool:
        """Let time pass; whether it takes tasks then."""
        for _ in range(int(seconds / TICK)):
            self.now += TICK
            self.intake.tick(working=self.working)
            self.intake.step()
        return self.intake.open()


@pytest.fixture
def service() -> Service:
    """A service of one task."""
    return Service(desired=1)


@pytest.fixture
def pair(service: Service) -> Iterator[tuple[Worker, Worker]]:
    """Its old worker and its new one."""
    workers = Worker(service, "10.0.0.1"), Worker(service, "10.0.0.2")
    yield workers
    for worker in workers:
        worker.agent.stop()


def test_protection_is_held_while_there_is_work(pair: tuple[Worker, Worker], service: Service) -> None:
    """An idle worker holds none and asks for nothing."""
    worker, _ = pair
    assert worker.tick()
    assert not worker.agent.protections
    worker.receive()
    assert service.protected == {"10.0.0.1"}
    worker.tick(600)
    assert len(worker.agent.protections) == 3, "once, and again every five minutes"
    worker.working = False
    worker.tick()
    assert not service.protected
    asked = len(worker.agent.protections)
    worker.tick(600)
    assert len(worker.agent.protections) == asked


def test_a_refused_worker_takes_tasks_as_soon_as_the_old_one_ends(pair: tuple[Worker, Worker]) -> None:
    """Nothing is known but the refusal: it waits with its task in hand, and asks at each tick."""
    old, new = pair
    old.receive()
    new.receive()
    assert not new.tick()
    assert not new.tick(3600)
    old.working = False
    old.tick()
    assert new.tick()
    assert not new.protection.refused


def test_a_refused_worker_that_is_let_be_takes_tasks_again(pair: tuple[Worker, Worker]) -> None:
    """Idle and unprotected for a minute: an old one would be gone. It goes on then, refused as it is."""
    old, new = pair
    old.receive()
    new.receive()
    new.working = False
    assert not new.tick()
    assert not new.tick(40)
    assert new.tick(30)
    new.receive()
    assert new.tick(3600)
    assert new.protection.refused
    old.working = False
    old.tick()
    new.tick()
    assert not new.protection.refused


def test_a_worker_of_the_newest_deployment_need_not_wait_for_older_ones(pair: tuple[Worker, Worker]) -> None:
    """They may work for hours; it works on, unprotected, and asks."""
    old, new = pair
    new.standing = Standing.STAYS_WITH_OLDER
    old.receive()
    new.receive()
    asked = len(new.agent.protections)
    assert new.tick(60)
    assert len(new.agent.protections) == asked + 6
    old.working = False
    old.tick()
    new.tick()
    assert not new.protection.refused


def test_a_worker_whose_place_is_taken_takes_no_more_tasks(
    pair: tuple[Worker, Worker], service: Service
) -> None:
    """Though ECS renews its protection: a busy queue would hold the deployment up for ever."""
    old, _ = pair
    old.receive()
    old.standing = Standing.LEAVES
    assert not old.tick(60)
    assert not old.protection.refused
    old.working = False
    assert not old.tick()
    assert not service.protected


def test_a_rollback_gives_an_old_worker_its_tasks_back(pair: tuple[Worker, Worker]) -> None:
    """It looks again every minute."""
    old, _ = pair
    old.receive()
    old.standing = Standing.LEAVES
    old.tick(60)
    old.working = False
    old.tick()
    old.standing = Standing.STAYS
    assert old.tick(60)


def test_a_worker_that_nobody_stops_is_stuck(pair: tuple[Worker, Worker]) -> None:
    """Ten minutes idle without tasks: the health check may have it replaced."""
    old, _ = pair
    old.receive()
    old.standing = Standing.LEAVES
    old.tick(3600)
    assert not old.intake.stuck()
    old.working = False
    old.tick(600)
    assert not old.intake.stuck()
    old.tick()
    assert old.intake.stuck()


def test_an_agent_that_is_away_stops_nobody(pair: tuple[Worker, Worker], service: Service) -> None:
    """For half a minute nobody answers; it is asked again at each tick while there is work."""
    worker, _ = pair
    worker.agent.away = True
    worker.receive()
    assert worker.tick(30)
    assert not service.protected
    worker.agent.away = False
    worker.tick()
    assert service.protected == {"10.0.0.1"}


def test_a_task_that_arrives_during_the_release_is_protected(
    pair: tuple[Worker, Worker], service: Service
) -> None:
    """The release is on its way; what arrives asks again behind it."""
    worker, _ = pair
    worker.receive()
    asked: list[bool] = []
    worker.intake.ask = lambda: asked.append(True)
    worker.intake.tick(working=False)
    asked.clear()
    worker.agent.meanwhile = [worker.intake.received]
    worker.intake.step()
    assert asked
    worker.intake.step()
    assert service.protected == {"10.0.0.1"}


NEW = {"id": "new", "status": "PRIMARY", "desiredCount": 2, "runningCount": 2}
OLD = {"id": "old", "status": "ACTIVE", "desiredCount": 0, "runningCount": 1}


@pytest.mark.parametrize(
    ("deployments", "own", "expected"),
    [
        ([NEW], "new", Standing.STAYS),
        ([NEW, OLD], "new", Standing.STAYS_WITH_OLDER),
        ([NEW, {**OLD, "runningCount": 0}], "new", Standing.STAYS),
        ([NEW, OLD], "old", Standing.LEAVES),
        ([{**NEW, "runningCount": 1}, OLD], "old", Standing.STAYS),
        ([{**NEW, "desiredCount": 0}], "new", Standing.LEAVES),
        ([{**NEW, "desiredCount": 0, "runningCount": 0}, OLD], "old", Standing.LEAVES),
    ],
)
def test_a_task_leaves_once_others_run_in_its_place(
    deployments: list[dict[str, object]], own: str, expected: Standing
) -> None:
    """Until then somebody must work."""
    assert standing(deployments, own) is expected


def test_a_task_asks_ecs_of_its_own_deployment(
    pair: tuple[Worker, Worker], service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the task's role and in its region; not allowed to, it does not know."""
    agent = pair[0].agent
    for name, value in {
        "ENDPOINT_URL_ECS": agent.url,
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "x",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    deployment = Deployment({"ECS_CONTAINER_METADATA_URI_V4": f"{agent.url}/v4/x"})
    assert deployment.standing() is Standing.UNKNOWN
    service.deployments = [{**NEW, "id": agent.deployment}]
    assert deployment.standing() is Standing.STAYS
    service.deployments = [NEW, {**OLD, "id": agent.deployment}]
    assert deployment.standing() is Standing.LEAVES


def test_outside_of_ecs_a_task_does_not_know() -> None:
    """There is nobody to ask."""
    assert Deployment({}).standing() is Standing.UNKNOWN
