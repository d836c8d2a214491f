"""A deployment while LocalExecutor's tasks run: real schedulers, an ECS that says who is to stay.

What this does not prove: that ECS stops no protected task, for which AWS's pages speak
(`tests/embedded_aws/account/test_protection.py`).
"""

import time
from urllib.parse import quote

import pytest

from components.model.settings.settings import Settings
from components.model.workload.workload import workload
from tests.helpers.polling import wait_for
from tests.image.cluster import COMMANDS, Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.drill(name="local-executor"), pytest.mark.timeout(900)]

SLOTS = 2
LOCAL = {
    "AIRFLOW__CORE__EXECUTOR": workload(Settings()).executor.name,
    "AIRFLOW__CORE__PARALLELISM": str(SLOTS),
    "AWS_ACCESS_KEY_ID": "x",
    "AWS_SECRET_ACCESS_KEY": "x",
}
PRIMARY = {"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 1, "runningCount": 1}
LONG_SECONDS = 150


@pytest.fixture
def old(cluster: Cluster, running: dict[str, RunningService]) -> RunningService:
    """A scheduler with LocalExecutor, in the place of the one with Celery."""
    running["scheduler"].terminate()
    scheduler = running["scheduler"] = cluster.service("scheduler", LOCAL)
    scheduler.agent.service.deployments = [PRIMARY]
    scheduler.start(*COMMANDS["scheduler"])
    scheduler.wait_healthy("scheduler")
    return scheduler


def hosts(cluster: Cluster, run: str) -> set[str]:
    """Where the tasks of a run have begun."""
    found = cluster.call("GET", f"dags/trivial/dagRuns/{quote(run, safe='')}/taskInstances")["task_instances"]
    return {one["hostname"] for one in found if one["hostname"]}


def test_no_more_tasks_are_queued_than_there_are_slots(cluster: Cluster, old: RunningService) -> None:
    """Airflow's own executor takes them all, and their tokens expire while they wait in it."""
    assert old.process is not None
    runs = [cluster.run_dag(seconds=15) for _ in range(SLOTS + 2)]
    wait_for(
        "the slots are taken",
        lambda: sum(cluster.task_state(run, "second") == "running" for run in runs) == SLOTS,
    )
    time.sleep(3)
    assert [cluster.task_state(run, "second") for run in runs].count("queued") == 0
    for run in runs:
        cluster.wait_for_end(run)
        assert cluster.run_state(run) == "success"


def test_in_a_deployment_the_new_scheduler_works_and_the_old_one_ends_after_its_tasks(
    cluster: Cluster, running: dict[str, RunningService], old: RunningService
) -> None:
    """The old one holds its protection and its heartbeat for as long as its task runs, and no longer."""
    long = cluster.run_dag(seconds=LONG_SECONDS)
    wait_for("the old scheduler is at work", lambda: cluster.task_state(long, "second") == "running")
    wait_for("it is protected", lambda: old.agent.service.protected == {old.address})
    new = running["scheduler"] = cluster.service("scheduler", LOCAL)
    new.agent.service, new.agent.deployment = old.agent.service, "ecs-svc/2"
    old.agent.service.deployments = [
        {**PRIMARY, "id": "ecs-svc/2"},
        {**PRIMARY, "status": "ACTIVE", "desiredCount": 0},
    ]
    new.start(*COMMANDS["scheduler"])
    new.wait_healthy("scheduler")
    wait_for("the old one sees that it is to go", lambda: "it leaves" in old.text())
    run = cluster.run_dag(seconds=0)
    cluster.wait_for_end(run)
    assert (cluster.run_state(run), hosts(cluster, run)) == ("success", {new.address})
    assert cluster.task_state(long, "second") == "running"
    assert old.check("scheduler")[0] == 0
    assert old.agent.service.protected == {old.address}
    wait_for("its task has ended", lambda: cluster.task_state(long, "second") == "success")
    wait_for("ECS may stop it", lambda: old.address not in old.agent.service.protected)
    assert old.terminate()[0] == 0
    cluster.wait_for_end(long)
    assert (cluster.run_state(long), cluster.tries(long)) == ("success", {1})
    assert hosts(cluster, long) == {old.address, new.address}, "what comes after it runs in the new one"


def test_a_scheduler_that_has_to_end_keeps_its_tasks(
    cluster: Cluster, running: dict[str, RunningService], old: RunningService
) -> None:
    """As where ECS has no more protection to give: the next scheduler leaves alone what it still runs."""
    run = cluster.run_dag(seconds=60)
    wait_for("its task runs", lambda: cluster.task_state(run, "second") == "running")
    new = running["scheduler"] = cluster.service("scheduler", LOCAL)
    new.start(*COMMANDS["scheduler"])
    new.wait_healthy("scheduler")
    code, seconds = old.terminate()
    assert code == 0
    assert seconds > 30, "longer than a silent scheduler is believed alive"
    cluster.wait_for_end(run)
    assert (cluster.run_state(run), cluster.tries(run)) == ("success", {1})
