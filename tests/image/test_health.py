"""What the health checks conclude from what they see."""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_ecs_image import health
from airflow_ecs_image.health import UnhealthyError
from tests.image.agent import Agent


def test_any_answer_below_500_is_alive() -> None:
    """The event loop runs; what it thinks of the database is not asked."""
    agent = Agent("10.0.0.7")
    host, port = agent.url.removeprefix("http://").split(":")
    assert health.http_alive(host, int(port), "/x").endswith("/x: status 200")
    agent.stop()
    with pytest.raises(UnhealthyError, match="refused"):
        health.http_alive(host, int(port), "/x")


def test_servers_are_asked_at_the_tasks_address_below_their_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the entrypoint bound them."""
    asked: list[tuple[str, int, str]] = []

    def http_alive(host: str, port: int, path: str) -> str:
        asked.append((host, port, path))
        return ""

    monkeypatch.setattr(health, "http_alive", http_alive)
    here = {"AIRFLOW_ECS_TASK_ADDRESS": "10.0.0.7"}
    health.api_server({**here, "AIRFLOW__API__BASE_URL": "https://a.example/airflow/"})
    health.execution_api({**here, "AIRFLOW__API__PORT": "8081"})
    health.flower(
        {**here, "AIRFLOW__CELERY__FLOWER_URL_PREFIX": "/flower", "AIRFLOW__CELERY__FLOWER_PORT": "80"}
    )
    assert asked == [
        ("10.0.0.7", 8080, "/airflow/api/v2/version"),
        ("10.0.0.7", 8081, "/execution/health"),
        ("10.0.0.7", 80, "/flower/healthcheck"),
    ]


def test_a_fresh_heartbeat_is_healthy() -> None:
    """Airflow beats every 5 s."""
    assert "last heartbeat 4 s ago" in health.heartbeat_error(4.2, "SchedulerJob", "h")


@pytest.mark.parametrize("age", [None, 121.0])
def test_a_missing_or_old_heartbeat_is_not(age: float | None) -> None:
    """The main loop hangs, or never started."""
    with pytest.raises(UnhealthyError, match="SchedulerJob of host h"):
        health.heartbeat_error(age, "SchedulerJob", "h")


BLOCKED = {"cmd": "brpop", "idle": "1"}
PUBSUB = {"cmd": "subscribe", "idle": "900"}


def test_a_worker_that_waits_on_its_queue_consumes() -> None:
    """One connection is enough."""
    assert "waits for messages" in health.consuming([PUBSUB, BLOCKED], "w")


@pytest.mark.parametrize("clients", [[], [PUBSUB], [{"cmd": "brpop", "idle": "31"}]])
def test_a_worker_that_does_not_is_deaf(clients: list[dict[str, str]]) -> None:
    """It may answer pings all the same."""
    with pytest.raises(UnhealthyError, match="has a free slot but"):
        health.consuming(clients, "w")


def ticked(folder: Path, activity: str, age_seconds: float) -> Path:
    """A tick file of that age."""
    path = folder / "tick"
    path.write_text(activity)
    written = path.stat().st_mtime - age_seconds
    os.utime(path, (written, written))
    return path


UNREACHABLE = {"AIRFLOW__CELERY__BROKER_URL": "redis://127.0.0.1:1/0", "AIRFLOW_ECS_TASK_ADDRESS": "10.0.0.7"}


@pytest.mark.parametrize("activity", ["busy", "paused"])
def test_a_worker_without_a_free_slot_need_not_consume(tmp_path: Path, activity: str) -> None:
    """Its event loop ticks: that is all one can ask."""
    assert health.worker(UNREACHABLE, ticked(tmp_path, activity, 5)).startswith(activity)


def test_a_worker_that_is_stuck_is_unhealthy(tmp_path: Path) -> None:
    """Nothing but its replacement would heal it."""
    with pytest.raises(UnhealthyError, match="takes no tasks"):
        health.worker(UNREACHABLE, ticked(tmp_path, "stuck", 5))


@pytest.mark.parametrize("age", [5, 600])
def test_an_unreachable_broker_makes_no_worker_unhealthy(tmp_path: Path, age: int) -> None:
    """Celery ticks no more while it reconnects; a restart would kill the tasks that run."""
    output = health.worker(UNREACHABLE, ticked(tmp_path, "free", age))
    assert output.startswith("not checked: broker 127.0.0.1:1")


def test_a_worker_without_a_tick_is_unhealthy(tmp_path: Path) -> None:
    """Its consumer never started."""
    with pytest.raises(UnhealthyError, match="has not started"):
        health.worker(UNREACHABLE, tmp_path / "absent")


def queues(port: int) -> dict[str, str]:
    """A worker's environment with SQS, whose queues are at a port of this machine."""
    known = {"default": {"url": f"http://127.0.0.1:{port}/123456789012/default"}}
    return {
        "AIRFLOW__CELERY__BROKER_URL": "sqs://",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES": json.dumps(known),
    }


@pytest.fixture
def listening() -> Iterator[int]:
    """A port of this machine where somebody takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("activity", "age", "trouble"),
    [
        ("free", 61, "the broker can be reached, but the event loop last ticked 61 s ago"),
        ("deaf", 5, "the broker can be reached, but has not answered a free worker for a minute"),
    ],
)
def test_a_worker_of_any_broker_that_is_alive_but_useless_is_unhealthy(
    activity: str, age: int, trouble: str, listening: int, tmp_path: Path
) -> None:
    """Without asking the worker: SQS carries no remote control."""
    tick = ticked(tmp_path, activity, age)
    with pytest.raises(UnhealthyError, match=trouble):
        health.worker(queues(listening), tick)
    with pytest.raises(UnhealthyError, match=trouble):
        health.worker({"AIRFLOW__CELERY__BROKER_URL": f"amqps://u:p@127.0.0.1:{listening}//"}, tick)
    assert health.worker(queues(1), tick).startswith("not checked: broker 127.0.0.1:1")


@pytest.mark.parametrize("activity", ["free", "busy", "paused"])
def test_a_worker_of_any_broker_that_ticks_is_healthy(activity: str, tmp_path: Path) -> None:
    """Nobody is asked."""
    assert health.worker(queues(1), ticked(tmp_path, activity, 5)) == f"{activity}, ticked 5 s ago"


@pytest.mark.parametrize(("process_1", "code"), [("dumb-init\n", 0), ("python\n", 1)])
def test_a_service_of_somebodys_own_is_healthy_once_it_runs(
    process_1: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not while the entrypoint waits for database or broker; what the service does nobody looks at."""
    (tmp_path / "comm").write_text(process_1)
    monkeypatch.setattr(health, "PROCESS_1", tmp_path / "comm")
    assert health.main(["lineage"], {}) == code


@pytest.mark.parametrize(("argv", "code"), [([], 2), (["scheduler", "worker"], 2), (["scheduler"], 2)])
def test_wrong_usage_differs_from_bad_health(argv: list[str], code: int) -> None:
    """2, not 1: the task definition is wrong, not the task."""
    assert health.main(argv, {"AIRFLOW_ECS_TASK_ADDRESS": "10.0.0.7"}) == code
