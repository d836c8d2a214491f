"""AwsEcsExecutor alone, and as the choice of a task: the same DAGs, each task in an ECS task of its own.

What this does not prove: what a start costs on Fargate (docs/executors.md cites it).
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers.polling import wait_for
from tests.local.cluster.disclosure import contents_of, disclosed, secrets_of
from tests.local.cluster.running import PIPELINE, PROJECT, RUN_SECONDS, STATE, Cluster, call

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="executors")]

FAMILY_ENDS = "-ecs-task"
SIZE = {"ecsTaskCpuUnits": "256", "ecsTaskMemoryMib": "1024"}
TAG = {"key": "airflow-service", "value": "ecs-task"}


@pytest.fixture(scope="module")
def ecs_cluster(any_cluster: Cluster) -> Cluster:
    """The cluster, brought to AwsEcsExecutor."""
    any_cluster.up("AwsEcsExecutor", **SIZE)
    return any_cluster


@pytest.fixture(scope="module")
def both_cluster(any_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    """The same with LocalExecutor as the default, and DAGs that choose, which are pushed to it."""
    any_cluster.up("LocalExecutor,big:AwsEcsExecutor", dagSource="bundle", **SIZE)
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "dags", project / "dags")
    shutil.copy(Path(__file__).parent / "dags" / "chosen.py", project / "dags")
    call(
        *(sys.executable, "-m", "cli", "dags", "push", "--no-import", "--stack", "local"),
        *("--workspace", str(STATE / "workspace"), "--project", str(project)),
        environment=any_cluster.environment,
    )
    return any_cluster


def ecs_tasks(cluster: Cluster) -> list[dict[str, Any]]:
    """Describe the ECS tasks that ran Airflow tasks, and have ended or not."""
    found: list[dict[str, Any]] = []
    for status in ("RUNNING", "STOPPED"):
        tasks = cluster.tasks(desiredStatus=status)
        found += [one for one in tasks if FAMILY_ENDS in one["taskDefinitionArn"]]
    return found


def seconds(run: dict[str, Any]) -> float:
    """Give how long it took from the trigger to its end."""
    begin, end = (datetime.fromisoformat(run[name]) for name in ("queued_at", "end_date"))
    return (end - begin).total_seconds()


@pytest.mark.parametrize("dag_id", ["smoke", PIPELINE])
def test_each_task_is_an_ecs_task(ecs_cluster: Cluster, dag_id: str) -> None:
    """Started by the id of its try, with the service's own role and network; its log is in the bucket."""
    run = ecs_cluster.run_dag(dag_id)
    print(f"AwsEcsExecutor: {dag_id}: {seconds(run):.1f} s, {len(run['tasks'])} tasks")  # noqa: T201, a figure for the docs
    assert run["state"] == "success"
    started = {one["startedBy"]: one for one in ecs_tasks(ecs_cluster)}
    for task in run["tasks"].values():
        mine = started[task["id"]]
        (tagged,) = ecs_cluster.client("ecs").describe_tasks(
            cluster=ecs_cluster.outputs["cluster_name"], tasks=[mine["taskArn"]], include=["TAGS"]
        )["tasks"]
        assert TAG in tagged["tags"]
        (interface,) = mine["containers"][0]["networkInterfaces"]
        assert task["hostname"] == interface["privateIpv4Address"]
    assert ecs_cluster.task_log(run, min(run["tasks"]))


def test_second_preview_is_empty(ecs_cluster: Cluster) -> None:
    """Tasks come and go, and nothing of it is the program's."""
    ecs_cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")


def test_no_secret_stands_in_plaintext(ecs_cluster: Cluster) -> None:
    """Nor does what RunTask overrides hold one of the cluster's."""
    assert disclosed(secrets_of(ecs_cluster), contents_of(ecs_cluster)) == []


@pytest.mark.parametrize("dag_id", ["chosen", "smoke"])
def test_a_task_chooses_its_executor(both_cluster: Cluster, dag_id: str) -> None:
    """By its alias; those that choose none run in the scheduler."""
    run = both_cluster.run_dag(dag_id)
    print(f"LocalExecutor,AwsEcsExecutor: {dag_id}: {seconds(run):.1f} s, {len(run['tasks'])} tasks")  # noqa: T201, a figure for the docs
    assert run["state"] == "success"
    by_id = {one["startedBy"]: one for one in ecs_tasks(both_cluster)}
    elsewhere = {name for name, task in run["tasks"].items() if task["id"] in by_id}
    assert elsewhere == ({"inside"} if dag_id == "chosen" else set())
    if elsewhere:
        assert by_id[run["tasks"]["inside"]["id"]]["memory"] == "2048"


def test_a_scheduler_killed_with_20_tasks_pending_loses_none(both_cluster: Cluster) -> None:
    """And runs none twice: each has left one mark when the run ends."""
    both_cluster.api.wait_for_dag("twenty", 120)
    both_cluster.api.call("PATCH", "/dags/twenty?update_mask=is_paused", {"is_paused": False})
    run = both_cluster.api.call("POST", "/dags/twenty/dagRuns", {"logical_date": None, "conf": {}})
    path = f"/dags/twenty/dagRuns/{quote(run['dag_run_id'], safe='')}"

    def pending() -> bool:
        tasks = both_cluster.api.call("GET", f"{path}/taskInstances")["task_instances"]
        states = {one["state"] for one in tasks}
        return len(tasks) == 20 and "queued" in states and states <= {"queued", "scheduled"}

    wait_for("20 tasks are pending", pending)
    killed = [os.kill(pid, signal.SIGKILL) for pid in schedulers(both_cluster)]
    assert killed, "no scheduler ran"
    since = time.monotonic()
    ended = wait_for(
        "the run ended",
        lambda: (found := both_cluster.api.call("GET", path))["state"] in ("success", "failed") and found,
        RUN_SECONDS,
    )
    print(f"20 tasks after the scheduler was killed: {time.monotonic() - since:.0f} s")  # noqa: T201, a figure for the docs
    assert ended["state"] == "success"
    keys = both_cluster.client("s3").list_objects_v2(
        Bucket=both_cluster.outputs["data_bucket"], Prefix=f"marks/{run['dag_run_id']}/"
    )["Contents"]
    assert sorted(int(one["Key"].split("/")[2]) for one in keys) == [*range(20)]


def schedulers(cluster: Cluster) -> Iterator[int]:
    """List the processes of this cluster's scheduler."""
    ours = f"AWS_ENDPOINT_URL={cluster.environment['AWS_ENDPOINT_URL']}".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        is_scheduler = b"scheduler" in words and any(word.endswith(b"airflow") for word in words)
        if is_scheduler and ours in environment:
            yield int(folder.name)
