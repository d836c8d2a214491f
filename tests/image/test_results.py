"""Celery's results in the broker: Airflow's own executor and a real Celery worker, on a real Redis over TLS.

What this does not prove: that Airflow calls its executor as the scripts do; the worker's tasks do nothing.
"""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.polling import wait_for
from tests.image.certificates import Authority
from tests.image.cluster import Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]

SCRIPTS = Path(__file__).parent / "scripts"
HOUR = 3600
STEP = 5000
COUNT = 20_000
MAX_GROWTH_KIB = 2048
MAX_RESULT_BYTES = 500


def service(cluster: Cluster, name: str, ca: Path | None = None) -> RunningService:
    """A container with the scripts, which starts without the migration."""
    given = {
        "AIRFLOW_ECS_SERVICE": "task",
        "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
        "PYTHONPATH": "/opt/airflow/lib:/tmp",
    }
    made = cluster.service(name, given, ca)
    shutil.copytree(SCRIPTS, made.folder / "tmp/scripts")
    return made


def answers(script: RunningService) -> list[Any]:
    """The lines of JSON that a script printed."""
    return [json.loads(line) for line in script.text().splitlines() if line.startswith("{")]


@pytest.fixture
def worker(empty_cluster: Cluster) -> Iterator[RunningService]:
    """A Celery worker that takes tasks and does nothing."""
    made = service(empty_cluster, "worker")
    made.start("python", "-m", "scripts.worker")
    yield made
    made.terminate()


def sent(cluster: Cluster, step: int, count: int) -> list[dict[str, Any]]:
    """Send `count` tasks: what scheduler and broker hold after each `step` of them."""
    scheduler = service(cluster, "scheduler")
    assert scheduler.run("python", "-m", "scripts.many_tasks", str(step), str(count)) == 0, scheduler.text()
    return answers(scheduler)


def test_a_workers_code_cannot_run_in_the_scheduler(empty_cluster: Cluster) -> None:
    """Whatever stands in the results: no code runs, no loop ends, and the task's own end is seen."""
    scheduler = service(empty_cluster, "scheduler")
    assert scheduler.run("python", "-m", "scripts.poisoned") == 0, scheduler.text()
    (found,) = answers(scheduler)
    failures = {"function", "class", "exit", "no exception"}
    assert {name: measured["state"] for name, measured in found.items()} == {
        name: "failed" if name in failures else "success" if name == "kombu's types" else None
        for name in found
    }
    assert [name for name, measured in found.items() if measured["ran"]] == []
    assert all(measured["adopted"] for measured in found.values())


@pytest.mark.long
def test_nobody_subscribes_and_results_go_by_themselves(
    empty_cluster: Cluster, worker: RunningService
) -> None:
    """A channel for each task is what made a scheduler grow for ever."""
    assert worker.process is not None
    first, *_, last = sent(empty_cluster, 50, 200)
    assert (first["channels"], last["channels"], last["tasks"]) == (0, 0, 200)
    assert first["subscriptions"] == last["subscriptions"]
    assert last["results"] >= 200
    assert 0 < last["seconds_left"][0] <= last["seconds_left"][1] <= HOUR


@pytest.mark.long
def test_a_task_cannot_stop_workers_over_the_broker(empty_cluster: Cluster) -> None:
    """Neither a worker, its queues, processes nor another task; Airflow takes a waiting one back.

    Not proved: what a task may do to the queues themselves, with the broker's URL: all, as SECURITY.md says.
    """
    made = service(empty_cluster, "worker")
    made.start("python", "-m", "scripts.worker", "prefork", "45")
    scheduler = service(empty_cluster, "scheduler")
    try:
        assert scheduler.run("python", "-m", "scripts.remote") == 0, scheduler.text()
    finally:
        made.terminate()
    (found,) = answers(scheduler)
    assert found == {
        "obeyed": ["revoke"],
        "task": "SUCCESS",
        "taken back": "REVOKED",
        "seen": [
            "active",
            "active_queues",
            "conf",
            "registered",
            "reserved",
            "revoked",
            "scheduled",
            "stats",
        ],
        "queues": ["default"],
        "pool": [1],
    }


@pytest.mark.long
def test_a_silent_broker_does_not_stop_the_scheduler(empty_cluster: Cluster) -> None:
    """Its loop goes on within seconds, and sees the task's end when the broker speaks again."""
    scheduler = service(empty_cluster, "scheduler")
    scheduler.start("python", "-m", "scripts.silent")
    wait_for("the task is sent", lambda: answers(scheduler) == [{"running": 1}])
    empty_cluster.broker.signal(signal.SIGSTOP)
    try:
        (scheduler.folder / "tmp/silent").touch()
        wait_for("the loop goes on", lambda: len(answers(scheduler)) == 2)
    finally:
        empty_cluster.broker.signal(signal.SIGCONT)
    assert answers(scheduler)[1]["states"] == []
    assert answers(scheduler)[1]["seconds"] < 15
    made = service(empty_cluster, "worker")
    made.start("python", "-m", "scripts.worker")
    (scheduler.folder / "tmp/speaking").touch()
    wait_for("the task's end is seen", lambda: answers(scheduler)[2:] == [{"states": ["success"]}])
    made.terminate()


def test_results_are_read_over_checked_tls_only(empty_cluster: Cluster, tmp_path: Path) -> None:
    """With another CA than the broker's the backend refuses to speak."""
    other = tmp_path / "other.pem"
    other.write_text(Authority.make("another CA").pem())
    script = (
        "from airflow.providers.celery.executors.celery_executor_utils import app; app.backend.client.ping()"
    )
    client = service(empty_cluster, "worker", other)
    assert client.run("python", "-c", script) == 1
    assert "CERTIFICATE_VERIFY_FAILED" in client.text()


@pytest.mark.drill(name="growth")
def test_neither_scheduler_nor_broker_grows_with_the_tasks(
    empty_cluster: Cluster, worker: RunningService
) -> None:
    """20,000 tasks: what keeps something for each of them would be seen; their results end within an hour."""
    assert worker.process is not None
    first, *_, last = measured = sent(empty_cluster, STEP, COUNT)
    assert last["resident_kib"] - first["resident_kib"] < MAX_GROWTH_KIB, measured
    assert (last["channels"], last["other_keys"]) == (0, first["other_keys"])
    assert 0 < last["seconds_left"][0] <= last["seconds_left"][1] <= HOUR
    grown = last["broker_bytes"] - first["broker_bytes"]
    assert grown / (last["results"] - first["results"]) < MAX_RESULT_BYTES, measured
