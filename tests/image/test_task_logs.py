"""What Airflow's API shows of a task's log, while it runs and after, of tasks on both executors.

Every service is the image's own, and none serves logs: the log is in S3 (moto's). What this does not prove:
how long S3 itself takes.
"""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest

from embedded_aws import sandbox
from tests.helpers.polling import wait_for
from tests.image.account import REGION
from tests.image.cluster import COMMANDS, Cluster, requests_ok
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

TALKING = Path(__file__).parent / "talking"
SERVICES = ("api-server", "execution-api", "scheduler", "dag-processor", "triggerer", "worker")
EXECUTORS = ("LocalExecutor", "CeleryExecutor")
LINES = 30
VISIBLE_SECONDS = 5.0
ANSWER_SECONDS = 4.0
"""Airflow asks a log server that nobody runs for five seconds."""
BUCKET, PREFIX = "task-logs", "prefix"


class Run:
    """A run of the DAG `talking`, as the API shows it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        run = cluster.call("POST", "dags/talking/dagRuns", json={"logical_date": None})["dag_run_id"]
        self.place = f"dags/talking/dagRuns/{quote(run, safe='')}"
        self.seen: dict[str, dict[str, float]] = {}
        """Of each task the lines and how many seconds after it was written each was there."""
        self.answers: list[float] = []
        """How many seconds each answer took while the task ran."""
        self.at_end: dict[str, list[str]] = {}
        """Of each task what its log had as soon as the API said that it has succeeded."""

    def states(self) -> dict[str, str]:
        """The state of each task."""
        found = self._cluster.call("GET", f"{self.place}/taskInstances")["task_instances"]
        return {one["task_id"]: str(one["state"]) for one in found}

    def log(self, task: str) -> list[dict[str, str]]:
        """The lines of a task's log."""
        return self._cluster.call("GET", f"{self.place}/taskInstances/{task}/logs/1")["content"]

    def events(self, task: str) -> list[str]:
        """What the lines of a task's log say."""
        return [line["event"] for line in self.log(task)]

    def watch(self, task: str) -> None:
        """Note which lines are there by now, unless the task has ended meanwhile: an answer waits then."""
        asked, lines = time.monotonic(), self.log(task)
        took, now = time.monotonic() - asked, datetime.now(UTC)
        if self.states()[task] != "running":
            return
        self.answers.append(took)
        for line in lines:
            if line["event"].startswith("line "):
                age = (now - datetime.fromisoformat(line["timestamp"])).total_seconds()
                self.seen.setdefault(task, {}).setdefault(line["event"], age)


@pytest.fixture(scope="module")
def services(cluster: Cluster) -> Iterator[dict[str, RunningService]]:
    """All roles, each with the way to the bucket that ECS would give it."""
    s3 = cluster.account.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    services = {name: cluster.service(name) for name in SERVICES}
    for name, service in services.items():
        service.environment = {
            **service.environment,
            **cluster.account.environment,
            "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
            "AIRFLOW__CORE__EXECUTOR": ",".join(EXECUTORS),
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS": "True",
            "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{BUCKET}/{PREFIX}",
            "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
            "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
        }
        folder = sandbox.Mount(source=TALKING, target="/opt/airflow/dags", read_only=True)
        service.mounts = (*service.mounts, folder)
        service.start(*COMMANDS[name])
    for name, service in services.items():
        service.wait_healthy(name)
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture(scope="module")
def run(cluster: Cluster, services: dict[str, RunningService]) -> Run:
    """A run whose logs were read all the time, and that has ended."""
    assert services
    wait_for("Airflow knows the DAG", lambda: requests_ok(lambda: cluster.call("GET", "dags/talking")))
    run = Run(cluster)

    def ended() -> bool:
        states = run.states()
        for executor in EXECUTORS:
            task = f"talk_{executor}"
            if states[task] == "running":
                run.watch(task)
            if states[task] == "success" and task not in run.at_end:
                run.at_end[task] = run.events(task)
        return set(states.values()) <= {"success", "failed", "upstream_failed"}

    wait_for("all tasks have ended", ended)
    return run


@pytest.mark.drill(name="operations")
@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_line_is_there_soon_after_it_was_written(run: Run, executor: str) -> None:
    """While the task runs; the first lines, and those of a task that talks all the time."""
    ages = run.seen[f"talk_{executor}"]
    print(f"{executor}: {max(ages.values()):.1f} s at most, {len(ages)} lines")  # noqa: T201 - a figure
    assert len(ages) >= LINES - 2 * VISIBLE_SECONDS
    assert max(ages.values()) <= VISIBLE_SECONDS


def test_no_answer_waits_for_a_log_server(run: Run) -> None:
    """Nor does the log say that one was not found."""
    print(f"{len(run.answers)} answers, {max(run.answers):.2f} s at most")  # noqa: T201 - a figure
    assert max(run.answers) < ANSWER_SECONDS
    assert not [event for event in run.events("deferred") if "served logs" in event]


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_complete_log_has_each_line_once(cluster: Cluster, run: Run, executor: str) -> None:
    """As one object, which does not need the pieces."""
    lines = [event for event in run.events(f"talk_{executor}") if event.startswith("line ")]
    assert lines == [f"line {number}." for number in range(LINES)]
    s3 = cluster.account.client("s3")
    keys = [
        found["Key"]
        for found in s3.list_objects_v2(Bucket=BUCKET, Prefix=PREFIX)["Contents"]
        if f"talk_{executor}/" in found["Key"]
    ]
    (own,) = (key for key in keys if key.endswith("attempt=1.log"))
    content = s3.get_object(Bucket=BUCKET, Key=own)["Body"].read().splitlines()
    assert sum(json.loads(line)["event"].startswith("line ") for line in content) == LINES


@pytest.mark.parametrize("executor", EXECUTORS)
def test_who_sees_a_task_end_sees_its_whole_log(run: Run, executor: str) -> None:
    """The UI reads it once more then, and not again; Airflow writes the complete log a moment later."""
    events = run.at_end[f"talk_{executor}"]
    assert f"line {LINES - 1}." in events
    assert not [event for event in events if "The log ends here" in event]


def test_a_deferred_task_has_one_log(run: Run) -> None:
    """What it said before and after, and its trigger."""
    events = run.events("deferred")
    assert [event for event in events if event in ("before", "after")] == ["before", "after"]
    assert run.states()["deferred"] == "success"


@pytest.mark.parametrize("executor", EXECUTORS)
def test_a_killed_tasks_log_is_there_and_ends_with_the_reason(run: Run, executor: str) -> None:
    """Its supervisor was killed, as the kernel and ECS do it: nobody was left to write the complete log."""
    events = run.events(f"die_{executor}")
    assert run.states()[f"die_{executor}"] == "failed"
    assert events.count("the last that was written") == 1
    end, *reasons = events[events.index("the last that was written") + 1 :]
    print(end, reasons)  # noqa: T201 - what users read
    assert end.startswith("The log ends here: ")
    assert reasons
    for reason in reasons:
        assert "did not emit heartbeat" in reason or "reported that the task instance" in reason
