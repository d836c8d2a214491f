"""How many Airflow tasks a container carries, and how services share the memory of a task."""

from collections.abc import Sequence
from typing import Final

from ..aws import fargate
from .service import Service

TASK_MIB: Final = 360
"""Memory set aside for a running task: pandas was measured at 240 MiB before it has data, light tasks at 55.

A container that exceeds its memory is killed, with all tasks in it:
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""
TASKS_PER_VCPU: Final = 16
"""More light tasks than these only wait for each other."""


def task_slots(cpu_units: int, memory_mib: int) -> int:
    """Give how many Airflow tasks CPU and spare memory carry: by the scarcer of the two, and at least one."""
    by_cpu = TASKS_PER_VCPU * cpu_units // fargate.CPU_UNITS_PER_VCPU
    return max(1, min(by_cpu, memory_mib // TASK_MIB))


def limits_mib(memory_mib: int, services: Sequence[Service]) -> list[int]:
    """Split a task's memory among the services in it; a single one gets all, the largest what is left over.

    With today's shares each gets, at 4 GiB, nearly twice what it was measured to use (docs/image.md), and
    the scheduler most, where LocalExecutor's tasks run.
    """
    if len(services) == 1:
        return [memory_mib]
    shares = [service.memory_share for service in services]
    limits = [memory_mib * share // sum(shares) for share in shares]
    limits[shares.index(max(shares))] += memory_mib - sum(limits)
    return limits
