"""What ECS reports about stopped tasks, for the person at the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

LOG_LINES = 20
"""So many of a task's last lines are shown."""
TERMINATED, KILLED = 128 + 15, 128 + 9
"""Exit codes after SIGTERM and SIGKILL."""


def task_id(task_arn: str) -> str:
    """Take the id from a task's ARN."""
    return task_arn.rsplit("/", 1)[-1]


def why_stopped(task: Mapping[str, Any]) -> str:
    """Describe why a task stopped: its stopped reason, and each container's exit code and reason."""
    parts = [task.get("stoppedReason") or "no reason given"]
    for container in task.get("containers", []):
        code, reason = container.get("exitCode"), container.get("reason")
        if code is not None:
            parts.append(f"container {container['name']} exited with {code}")
        if reason:
            parts.append(reason)
        if container.get("healthStatus") == "UNHEALTHY":
            parts.append(f"container {container['name']} was unhealthy")
    return "; ".join(parts)


def culprit(task: Mapping[str, Any], otherwise: str) -> str:
    """Name the container because of which a task stopped; ECS ends the others by signals.

    It ended by itself with an error, or was unhealthy, or was killed for its memory.
    """
    for is_it in (_failed, _unhealthy, _killed):
        for container in task.get("containers", []):
            if is_it(container):
                return container["name"]
    return otherwise


def _failed(container: Mapping[str, Any]) -> bool:
    return container.get("exitCode") not in (None, 0, TERMINATED, KILLED)


def _unhealthy(container: Mapping[str, Any]) -> bool:
    return container.get("healthStatus") == "UNHEALTHY"


def _killed(container: Mapping[str, Any]) -> bool:
    return container.get("exitCode") == KILLED


def last_lines(logs: Any, log_group: str, container: str, task_arn: str) -> Sequence[str]:
    """Read the last lines that a task's container wrote; none where it wrote nothing."""
    stream = f"{container}/{container}/{task_id(task_arn)}"
    try:
        events = logs.get_log_events(
            logGroupName=log_group, logStreamName=stream, limit=LOG_LINES, startFromHead=False
        )
    except ClientError as error:
        if "ResourceNotFoundException" not in str(error):
            raise
        return []
    return [event["message"].rstrip() for event in events["events"]]


def report(task: Mapping[str, Any], lines: Sequence[str]) -> str:
    """Put a stopped task's reason and its last lines together."""
    shown = "".join(f"\n    {line}" for line in lines) or " (it wrote nothing)"
    return f"task {task_id(task['taskArn'])} stopped: {why_stopped(task)}\n  its last log lines:{shown}"
