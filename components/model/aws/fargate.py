"""Names of Fargate in ECS's API, and which sizes its tasks may have.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

from types import MappingProxyType
from typing import Final

LAUNCH_TYPE: Final = "FARGATE"
"""Of a task that is started without a service, and what a task definition is compatible with."""
ON_DEMAND: Final = "FARGATE"
SPOT: Final = "FARGATE_SPOT"
"""The capacity providers: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html"""

CPU_UNITS_PER_VCPU: Final = 1024
MEMORY_MIB_BY_CPU_UNITS: Final = MappingProxyType(
    {
        256: (512, 1024, 2048),
        512: tuple(range(1024, 4096 + 1, 1024)),
        1024: tuple(range(2048, 8192 + 1, 1024)),
        2048: tuple(range(4096, 16384 + 1, 1024)),
        4096: tuple(range(8192, 30720 + 1, 1024)),
        8192: tuple(range(16384, 61440 + 1, 4096)),
        16384: tuple(range(32768, 122880 + 1, 8192)),
    }
)
"""The legal memory sizes (MiB) of each CPU size (1024 units are one vCPU)."""
ZONES_WITHOUT: Final = ("apne1-az3", "usw1-az2")
"""Ids of availability zones where Fargate runs no tasks.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html
"""
LISTED_IN_FULL: Final = 7
"""A message names every legal size up to this many, else the range."""


def cpu_units_error(cpu_units: int) -> str | None:
    """Return why a CPU size is not one of Fargate's, or None."""
    if cpu_units in MEMORY_MIB_BY_CPU_UNITS:
        return None
    legal = ", ".join(map(str, MEMORY_MIB_BY_CPU_UNITS))
    nearest = min(MEMORY_MIB_BY_CPU_UNITS, key=lambda size: abs(size - cpu_units))
    return f"must be one of {legal}; got {cpu_units}. Nearest: {nearest}"


def memory_error(cpu_units: int, memory_mib: int) -> str | None:
    """Return why a memory size does not go with a (valid) CPU size, or None."""
    sizes = MEMORY_MIB_BY_CPU_UNITS[cpu_units]
    if memory_mib in sizes:
        return None
    listed = ", ".join(map(str, sizes))
    legal = (
        listed
        if len(sizes) <= LISTED_IN_FULL
        else f"{sizes[0]} to {sizes[-1]} in steps of {sizes[1] - sizes[0]}"
    )
    nearest = min(sizes, key=lambda size: abs(size - memory_mib))
    return f"must be one of {legal} for {cpu_units} CPU units; got {memory_mib}. Nearest: {nearest}"
