"""A push while the services run: DAG processor, scheduler and worker with versions of DAGs in S3.

What this does not prove: how long a request to AWS's S3 takes.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from components.base.dag_versions import DagVersions
from components.model.dag_sources.dag_archive import archive_of
from components.model.endpoints import Endpoints
from components.model.settings.dag_settings import DagSettings, DagSourceKind
from components.model.settings.settings import Settings
from components.model.workload.workload import workload
from tests.helpers.polling import wait_for
from tests.image.account import REGION, Account
from tests.image.cluster import COMMANDS, Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.drill(name="dag-bundle"), pytest.mark.timeout(900)]

BUCKET = "dag-versions"
SETTINGS = Settings(dag=DagSettings(source=DagSourceKind.BUNDLE))
REPLACED = ("dag-processor", "scheduler", "worker")
VISIBLE_SECONDS = 5.0
"""What a push may take until Airflow has the version, on a machine that does nothing else."""
MAX_SECONDS = 60.0
RUN_SECONDS = 45
DAG = """
import time
from airflow.sdk import dag, task
from probe_text import TEXT

@dag(schedule=None, catchup=False, params={"seconds": 0}, is_paused_upon_creation=False)
def probe():
    @task
    def first(params):
        time.sleep(params["seconds"])
    @task
    def second():
        return TEXT
    first() >> second()LAST

probe()
"""
Record = Callable[[str, object], None]


class Versions:
    """What is pushed, and what Airflow makes of it."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self._cluster, self._folder = cluster, folder
        client = cluster.account.client("s3")
        client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self._versions = DagVersions(client, BUCKET, "arn:somebody")
        (folder / "dags").mkdir()

    def push(self, text: str, *, more: bool = False) -> str:
        """Make a version the current one whose second task gives `text`; `more`: it has a third task."""
        dag = DAG.replace("LAST", " >> task(lambda: None, task_id='third')()" if more else "")
        (self._folder / "dags/probe.py").write_text(dag)
        (self._folder / "dags/probe_text.py").write_text(f"TEXT = {text!r}\n")
        archive = archive_of(self._folder)
        self._versions.add(archive)
        self.point_to(archive.version)
        return archive.version

    def point_to(self, version: str) -> None:
        """Make a version the current one."""
        self._versions.move(version, self._versions.current())

    def seconds_until_known(self, version: str) -> float:
        """Wait until Airflow's newest version of the DAG is from a version of the files."""
        began = time.monotonic()
        token = self._cluster.token(self._cluster.password).json()["access_token"]
        url = f"http://{self._cluster.api_address}:8080/api/v2/dags/probe/dagVersions"

        def newest() -> str:
            answer = requests.get(url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
            known: list[Any] = answer.json().get("dag_versions", []) if answer.ok else []
            return max(((one["version_number"], one["bundle_version"]) for one in known), default=(0, ""))[1]

        while newest() != version:
            assert time.monotonic() - began < 10 * MAX_SECONDS, f"{version} is not there"
            time.sleep(0.1)
        return time.monotonic() - began

    def start(self, seconds: int = 0) -> str:
        """Start a run whose first task sleeps."""
        body = {"logical_date": None, "conf": {"seconds": seconds}}
        return str(self._cluster.call("POST", "dags/probe/dagRuns", json=body)["dag_run_id"])

    def state(self, run: str, task: str) -> str:
        """The state of a task."""
        return str(self._cluster.call("GET", f"{self._path(run)}/taskInstances/{task}")["state"])

    def outcome(self, run: str) -> tuple[str, str, set[str]]:
        """Wait for a run's end: its state, what its second task gave, and its tasks."""
        wait_for(
            f"{run} ends",
            lambda: self._cluster.call("GET", self._path(run))["state"] in ("success", "failed"),
        )
        state = str(self._cluster.call("GET", self._path(run))["state"])
        given = self._cluster.call("GET", f"{self._path(run)}/taskInstances/second/xcomEntries/return_value")
        tasks = self._cluster.call("GET", f"{self._path(run)}/taskInstances")["task_instances"]
        return state, str(given["value"]), {one["task_id"] for one in tasks}

    def _path(self, run: str) -> str:
        return f"dags/probe/dagRuns/{quote(run, safe='')}"


def environment(account: Account) -> dict[str, str]:
    """What the program adds to the services; unchanged files are not read again within five minutes."""
    source = workload(SETTINGS).dag_source
    endpoints = Endpoints(
        base_url="",
        execution_api_url="",
        region=REGION,
        logs_bucket="",
        logs_prefix="",
        data_bucket="",
        load_balancer_cidrs=[],
        cluster_name="",
        dags_bucket=BUCKET,
    )
    return {
        **source.environment,
        **source.endpoint_variables(endpoints),
        **account.environment,
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "300",
    }


@pytest.fixture(scope="module")
def versions(
    cluster: Cluster, running: dict[str, RunningService], tmp_path_factory: pytest.TempPathFactory
) -> Versions:
    """The services that read DAGs, with versions."""
    made = Versions(cluster, tmp_path_factory.mktemp("versions"))
    made.push("none")
    commands = {**COMMANDS, "dag-processor": workload(SETTINGS).dag_source.parser_command}
    for name in REPLACED:
        running[name].stop()
        running[name] = cluster.service(name, environment(cluster.account))
        running[name].start(*commands[name])
    for name in REPLACED:
        running[name].wait_healthy(name)
    return made


def test_a_push_is_seen_in_seconds_and_a_run_keeps_its_files(
    versions: Versions, record_testsuite_property: Record
) -> None:
    """Whether the DAG changes or only its files do; a run that starts after a rollback has the old ones."""
    one = versions.push("one")
    seconds = [versions.seconds_until_known(one)]
    running = versions.start(RUN_SECONDS)
    wait_for("the run is at work", lambda: versions.state(running, "first") == "running")

    two = versions.push("two", more=True)
    seconds.append(versions.seconds_until_known(two))
    assert versions.state(running, "first") == "running"
    other = versions.start(RUN_SECONDS)
    wait_for("the other run is at work", lambda: versions.state(other, "first") == "running")

    # Only a file that the DAG imports changes, at once after the last push.
    three = versions.push("three", more=True)
    seconds.append(versions.seconds_until_known(three))
    assert versions.state(other, "first") == "running"
    assert versions.outcome(running) == ("success", "one", {"first", "second"})
    assert versions.outcome(other) == ("success", "two", {"first", "second", "third"})
    assert versions.outcome(versions.start()) == ("success", "three", {"first", "second", "third"})

    versions.point_to(one)
    seconds.append(versions.seconds_until_known(one))
    assert versions.outcome(versions.start()) == ("success", "one", {"first", "second"})

    record_testsuite_property(
        "seconds from push to DAG version", json.dumps([round(one, 1) for one in seconds])
    )
    assert min(seconds) < VISIBLE_SECONDS, seconds
    assert max(seconds) < MAX_SECONDS, seconds
