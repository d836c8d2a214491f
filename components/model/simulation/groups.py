"""The worker groups that AWS scales, from a cluster's settings."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..pricing import fargate_tasks
from ..pricing.prices import Prices
from ..services import worker
from ..services.scaling import Scaling
from ..settings.image_settings import Architecture
from ..settings.settings import Settings
from .simulation import Group


@dataclass(frozen=True, kw_only=True)
class PricedGroup(Group):
    """A worker group, and what an hour of one of its workers costs.

    Attributes:
        worker_hour_usd: without ephemeral storage beyond 20 GiB; None where there is no price.
    """

    worker_hour_usd: float | None


def scaled_groups(settings: Settings, prices: Prices | None) -> Mapping[str, PricedGroup]:
    """Give the groups by their names.

    Args:
        settings: the cluster's.
        prices: those of its region, if there are any.
    """
    found: dict[str, PricedGroup] = {}
    for group in settings.worker_groups:
        if not group.maximum_count:
            continue
        arm = (group.architecture or settings.architecture) == Architecture.ARM64
        hour = prices and fargate_tasks.task_hour(
            prices,
            cpu_units=group.cpu_units,
            memory_mib=group.memory_mib,
            arm=arm,
            spot=fargate_tasks.spot_share(group.capacity.strategy, 0),
        )
        found[group.name] = PricedGroup(
            scaling=Scaling(minimum=group.minimum_count, maximum=group.maximum_count),
            concurrency=worker.concurrency(group),
            worker_hour_usd=hour,
        )
    return found
