"""Runs an Airflow command in a one-off task of the stack."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from cli.cluster import Cluster
from components.model.services import scheduler
from components.services import ecs_reports

AIRFLOW: Final = "airflow"
POLL_SECONDS: Final = 1.0
SETTLED_SECONDS: Final = 3.0
"""So long after the task has stopped, CloudWatch Logs may still get its last lines."""
NOT_STARTED: Final = 1
"""Exit code where the container has none: it never ran."""


def command_of(words: Sequence[str]) -> list[str]:
    """Give the command of a container; the word `airflow` may be left out."""
    return [AIRFLOW, *(words[1:] if words[0] == AIRFLOW else words)]


def run(
    cluster: Cluster, command: Sequence[str], write: Callable[[str], None], *, task_definition: str = ""
) -> tuple[str, int]:
    """Run a command of the image with what the scheduler has: its database, keys, roles, DAGs and network.

    Interrupted, it stops the task.

    Args:
        cluster: where.
        command: its program and arguments.
        write: gets each line that the command writes, and why the task stopped where it did not run.
        task_definition: another revision of the scheduler's, by ARN; default: the one that runs.

    Returns:
        the id of the task, and the exit code.

    Raises:
        UsageError: the stack is asleep, or ECS does not start the task.
    """
    name = scheduler.NAME
    service = cluster.service(name)
    if task_definition:
        service = {**service, "taskDefinition": task_definition}
    arn = cluster.start(service, name, command)
    try:
        task = _until_stopped(cluster, arn, _Log(cluster, name, arn, write))
    except KeyboardInterrupt:
        cluster.stop(arn, "airflow-ecs run was interrupted")
        raise
    code = next((one.get("exitCode") for one in task["containers"] if one["name"] == name), None)
    if code is None:
        write(f"the task did not run: {ecs_reports.why_stopped(task)}")
    return ecs_reports.task_id(arn), NOT_STARTED if code is None else code


def _until_stopped(cluster: Cluster, arn: str, log: "_Log") -> dict[str, Any]:
    while True:
        task = cluster.task(arn)
        log.read()
        if task and task["lastStatus"] == "STOPPED":
            break
        time.sleep(POLL_SECONDS)
    last = time.monotonic()
    while time.monotonic() - last < SETTLED_SECONDS:
        if log.read():
            last = time.monotonic()
        time.sleep(POLL_SECONDS)
    return task


class _Log:
    """What the command writes, as far as it was read."""

    def __init__(self, cluster: Cluster, name: str, arn: str, write: Callable[[str], None]) -> None:
        self._cluster, self._write, self._token = cluster, write, ""
        self._group = cluster.log_groups[name]
        self._stream = f"{name}/{name}/{ecs_reports.task_id(arn)}"

    def read(self) -> bool:
        """Write what is new; whether there was anything."""
        events, self._token = self._cluster.stream_events(self._group, self._stream, self._token)
        for event in events:
            self._write(event["message"].rstrip("\n"))
        return bool(events)
