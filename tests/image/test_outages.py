"""What tasks live through: no broker, no execution API, no free slot. The image's services, a real Redis.

What this does not prove: how long AWS takes to bring any of them back.
"""

import time

import pytest

from tests.helpers.polling import wait_for
from tests.image.cluster import COMMANDS, Cluster
from tests.image.services import RunningService
from tests.image.test_results import answers, service

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900)]

AWAY_SECONDS = 15
TASKS = 40
HUNG_SECONDS = 60
SLOTS = 2
QUEUED_SECONDS = 20
SHORT = {
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(QUEUED_SECONDS),
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "2",
}


def test_tasks_that_are_queued_without_a_broker_run_when_it_is_back(empty_cluster: Cluster) -> None:
    """None fails, and the scheduler's loop never stands for long enough to be taken for dead."""
    scheduler = service(empty_cluster, "scheduler")
    scheduler.start("python", "-m", "scripts.outage", str(TASKS))
    wait_for("the executor waits", lambda: answers(scheduler) == [{"waits": True}])
    empty_cluster.broker.stop()
    try:
        (scheduler.folder / "tmp/gone").touch()
        time.sleep(AWAY_SECONDS)
        assert len(answers(scheduler)) == 1, "no task may have ended yet"
    finally:
        empty_cluster.broker = empty_cluster.broker.again()
    worker = service(empty_cluster, "worker")
    worker.start("python", "-m", "scripts.worker")
    wait_for("all tasks have ended", lambda: len(answers(scheduler)) == 2)
    ended = answers(scheduler)[1]
    assert ended["ended"] == {"success": TASKS}
    assert ended["longest_seconds"] < 20
    worker.terminate()


@pytest.mark.drill(name="outages")
def test_tasks_outlive_an_execution_api_that_hangs_for_a_minute(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """One that works on, and one that ends meanwhile, whose next task begins meanwhile."""
    lasts, ends = (cluster.run_dag(seconds=seconds) for seconds in (HUNG_SECONDS + 20, HUNG_SECONDS // 2))
    for run in (lasts, ends):
        wait_for("its long task runs", lambda run=run: cluster.task_state(run, "second") == "running")
    running["execution-api"].hang(HUNG_SECONDS)
    for run in (lasts, ends):
        cluster.wait_for_end(run)
        assert (cluster.run_state(run), cluster.tries(run)) == ("success", {1})


@pytest.mark.drill(name="outages")
def test_a_task_that_waits_long_for_a_slot_keeps_its_first_try(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """It is queued again more often than Airflow by default allows; the times are shorter here."""
    running["scheduler"].terminate()
    running["scheduler"] = scheduler = cluster.service("scheduler", SHORT)
    scheduler.start(*COMMANDS["scheduler"])
    try:
        busy = [cluster.run_dag(seconds=5 * QUEUED_SECONDS) for _ in range(SLOTS)]
        for run in busy:
            wait_for("the slot is taken", lambda run=run: cluster.task_state(run, "second") == "running")
        waiting = cluster.run_dag(seconds=0)
        for run in (*busy, waiting):
            cluster.wait_for_end(run)
            assert (cluster.run_state(run), cluster.tries(run)) == ("success", {1})
        assert scheduler.text().count("will try to requeue") >= 3
    finally:
        scheduler.terminate()
        running["scheduler"] = cluster.service("scheduler")
        running["scheduler"].start(*COMMANDS["scheduler"])
