"""Names of Fargate in ECS's API, and which sizes its tasks may have.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

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
INCLUDED_STORAGE_GIB: Final = 20
MAX_STORAGE_GIB: Final = 200
"""Ephemeral storage that a task has without charge, and at most: what is set must be more than the former.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html
"""


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """How the tasks of a service are divided between Fargate and Fargate Spot.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html

    Attributes:
        spot_percent: the share of Spot in the tasks beyond the base; ECS keeps to it, and does not fall back.
        on_demand_base: tasks that run on demand before any other; needs a share of Spot below 100.
    """

    spot_percent: int = 0
    on_demand_base: int = 0

    @property
    def strategy(self) -> list[dict[str, Any]]:
        """The capacity provider strategy, in ECS's form."""
        if self.spot_percent in (0, 100):
            return [_item(SPOT if self.spot_percent else ON_DEMAND)]
        return [
            _item(ON_DEMAND, base=self.on_demand_base, weight=100 - self.spot_percent),
            _item(SPOT, weight=self.spot_percent),
        ]


def spot_tasks(strategy: Sequence[Mapping[str, Any]], count: float) -> float:
    """Give how many of a service's tasks run on Spot: by base, then by weight, on average."""
    base = {one["capacityProvider"]: one.get("base") or 0 for one in strategy}
    weight = {one["capacityProvider"]: one.get("weight") or 0 for one in strategy}
    rest = max(0, count - sum(base.values()))
    of_base = min(count - rest, base.get(SPOT, 0))
    return of_base + rest * weight.get(SPOT, 0) / max(1, sum(weight.values()))


def _item(provider: str, *, base: int = 0, weight: int = 1) -> dict[str, Any]:
    return {"base": base, "capacityProvider": provider, "weight": weight}


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
