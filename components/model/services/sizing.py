"""How many tasks a container carries, and how long the broker waits for one."""

from collections.abc import Sequence
from typing import Final

from ..settings.settings import Settings

TASK_MIB: Final = 150
"""Memory set aside for a running task: light ones were measured at 55 MiB, one that uses pandas at 240."""
LOCAL_SCHEDULER_MIB: Final = 512
"""Memory of a scheduler before it runs a task, with as much again to spare."""
MEMORY_SHARES: Final = {
    "api-server": 5,
    "execution-api": 5,
    "scheduler": 14,
    "dag-processor": 4,
    "triggerer": 4,
}
"""What each of the roles in one task gets of its memory: at 4 GiB nearly twice what it was measured to use
(docs/image.md), and the most where LocalExecutor's tasks run."""
WORKER_MIB: Final = 512
"""Memory of a Celery worker of 16 slots before it runs a task, as measured."""
TASKS_PER_VCPU: Final = 16
"""More light tasks than these only wait for each other."""
DEFAULT_PARALLELISM: Final = 32
"""Airflow's own default, https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#parallelism"""


def worker_concurrency(settings: Settings) -> int:
    """Tell how many tasks one worker runs at once."""
    if settings.worker_concurrency:
        return settings.worker_concurrency
    return _carried(settings.worker.cpu_units, settings.worker.memory_mib - WORKER_MIB)


def parallelism(settings: Settings) -> int:
    """Tell how many tasks one scheduler may have running at once."""
    if settings.parallelism:
        return settings.parallelism
    if settings.has_workers:
        return max(DEFAULT_PARALLELISM, worker_concurrency(settings) * settings.worker.count)
    size = settings.scheduler
    memory_mib = size.memory_mib
    if settings.single_task:
        size = settings.api_server
        memory_mib = limits_mib(size.memory_mib, [*MEMORY_SHARES])["scheduler"]
    return _carried(size.cpu_units, memory_mib - LOCAL_SCHEDULER_MIB)


def limits_mib(memory_mib: int, roles: Sequence[str]) -> dict[str, int]:
    """Split a task's memory among the roles in it; a lone one gets all."""
    if len(roles) == 1:
        return {roles[0]: memory_mib}
    whole = sum(MEMORY_SHARES[role] for role in roles)
    return {role: memory_mib * MEMORY_SHARES[role] // whole for role in roles}


def visibility_timeout_seconds(settings: Settings) -> int:
    """Tell when the broker hands a task out again: an hour after the longest task must have ended.

    A shorter time makes Celery run long tasks twice:
    https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/redis.html#visibility-timeout
    """
    return (settings.max_task_duration_hours + 1) * 3600


def _carried(cpu_units: int, memory_mib: int) -> int:
    by_cpu = TASKS_PER_VCPU * cpu_units // 1024
    return max(1, min(by_cpu, memory_mib // TASK_MIB))
