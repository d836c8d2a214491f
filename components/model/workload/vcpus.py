"""How much of the account's quotas of Fargate a workload takes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ..aws import fargate
from .workload import Workload


@dataclass(frozen=True)
class Quota:
    """A quota of Service Quotas, of the service `fargate`."""

    code: str
    """https://docs.aws.amazon.com/general/latest/gr/ecs-service.html#limits_fargate"""
    name: str
    """As the console shows it."""


ON_DEMAND: Final = Quota("L-3032A538", "Fargate On-Demand vCPU resource count")
SPOT: Final = Quota("L-36FBB829", "Fargate Spot vCPU resource count")


def peak_vcpus(workload: Workload) -> Mapping[Quota, float]:
    """Give the vCPUs that run at once at most, by quota: in a deployment each service's old and new tasks.

    One-off tasks count once, those that services start as often as they can run at a time. A worker that
    finishes a task after the deployment is not counted.
    """
    peak = dict.fromkeys((ON_DEMAND, SPOT), 0.0)
    for task in workload.tasks:
        service = task[0]
        count = service.maximum_count
        spot = fargate.spot_tasks(service.size.capacity.strategy, count)
        for quota, tasks in ((SPOT, spot), (ON_DEMAND, count - spot)):
            peak[quota] += 2 * math.ceil(tasks) * service.size.cpu_units / fargate.CPU_UNITS_PER_VCPU
    for service in workload.one_off:
        tasks = service.count if service.started_by else 1
        peak[ON_DEMAND] += tasks * service.size.cpu_units / fargate.CPU_UNITS_PER_VCPU
    return {quota: vcpus for quota, vcpus in peak.items() if vcpus}
