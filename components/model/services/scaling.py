"""How many workers a group has where its tasks decide it: step scaling by the cluster's own metric.

The metric is a whole number of workers, so each step sets a capacity and none adds to what still starts.
https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..iam.grants import Grants
from ..iam.iam_documents import Document, statement

METRIC: Final = "WorkersNeeded"
DIMENSION: Final = "ServiceName"
PERIOD_SECONDS: Final = 10
"""Of the metric and its alarms: the shortest of high-resolution alarms.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""
COOLDOWN_SECONDS: Final = 60
"""Between two scale-ins. The metric falls late enough by itself; AWS's default is 300."""
MAX_STEPS: Final = 20
"""https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html"""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of a service's number of tasks.

    Attributes:
        minimum: tasks that always run, from 0.
        maximum: tasks that run at most, above `minimum`.
        asleep: whether none run and no policy scales, since the cluster sleeps.
    """

    minimum: int
    maximum: int
    asleep: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most tasks now."""
        return (0, 0) if self.asleep else (self.minimum, self.maximum)


@dataclass(frozen=True, kw_only=True)
class Step:
    """A step adjustment: the capacity for what the metric exceeds the alarm's threshold by.

    Attributes:
        lower: at least that much; None: any.
        upper: less than that; None: any.
        capacity: what is set.
    """

    lower: int | None
    upper: int | None
    capacity: int


def steps(scaling: Scaling) -> list[Step]:
    """Give the capacities above the minimum, by what the metric exceeds `minimum + 1` by.

    With more than 20 capacities, which AWS does not take, the larger ones lie apart by an equal share, so
    that there are never too few workers.
    """
    capacities = _capacities(scaling)
    first = scaling.minimum + 1
    lowers = [0, *(capacity + 1 - first for capacity in capacities[:-1])]
    uppers = [*lowers[1:], None]
    return [
        Step(lower=lower, upper=upper, capacity=capacity)
        for lower, upper, capacity in zip(lowers, uppers, capacities, strict=True)
    ]


def _capacities(scaling: Scaling) -> list[int]:
    """Let the distances grow by the smallest share, in percent, that needs 20 steps at most."""
    tried = ([*itertools.islice(_growing(scaling, percent), MAX_STEPS)] for percent in itertools.count())
    return next(found for found in tried if found[-1] == scaling.maximum)


def _growing(scaling: Scaling, percent: int) -> Iterator[int]:
    capacity = scaling.minimum
    while capacity < scaling.maximum:
        grown = math.floor(capacity * (100 + percent) / 100)
        capacity = min(max(capacity + 1, grown), scaling.maximum)
        yield capacity


def namespace(cluster_name: str) -> str:
    """Name the namespace of a cluster's metrics in CloudWatch: its tasks may publish in no other."""
    return f"airflow-ecs/{cluster_name}"


def publish(grants: Grants) -> list[Document]:
    """Let a task publish metrics of its cluster.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html
    """
    own = namespace(grants.cluster_arn.rpartition("/")[2])
    # No resource type exists for it.
    put = statement(["cloudwatch:PutMetricData"], ["*"])
    return [put | {"Condition": {"StringEquals": {"cloudwatch:namespace": own}}}]
