"""The longest time that a task may run, which queues and protection are sized for."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Protocol

DURATION_VARIABLE = "AIRFLOW_ECS_MAX_TASK_DURATION_HOURS"
DEFAULT_HOURS = 12.0
MAX_HOURS = 48.0
"""ECS protects a task for 48 hours at most
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html)."""


class LimitedTask(Protocol):
    """As much of an Airflow operator as the policy touches."""

    execution_timeout: timedelta | None


def max_task_duration(environ: Mapping[str, str]) -> timedelta:
    """`AIRFLOW_ECS_MAX_TASK_DURATION_HOURS`, default 12.

    Raises:
        ValueError: not a number of hours above 0 and up to 48.
    """
    text = environ.get(DURATION_VARIABLE, str(DEFAULT_HOURS))
    try:
        hours = float(text)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= MAX_HOURS:
        raise ValueError(f"{DURATION_VARIABLE} must be above 0 and at most {MAX_HOURS:g}; got {text!r}")
    return timedelta(hours=hours)


def cap(task: LimitedTask, longest: timedelta) -> None:
    """Give `task` an execution timeout of at most `longest`."""
    if task.execution_timeout is None or task.execution_timeout > longest:
        task.execution_timeout = longest
