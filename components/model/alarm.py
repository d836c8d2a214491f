"""What an alarm is: a metric, when it is one, what that means, and what to do.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MINUTE: Final = 60
GIB: Final = 2**30


class Missing(StrEnum):
    """What a period without data is taken for."""

    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"
    IGNORED = "ignore"


class Comparison(StrEnum):
    """When a value is beyond the threshold."""

    AT_LEAST = "GreaterThanOrEqualToThreshold"
    BELOW = "LessThanThreshold"


@dataclass(frozen=True, kw_only=True)
class NameOf:
    """What AWS names a resource, which is known once it exists.

    Attributes:
        resource: what it is; components/monitoring/ knows the names.
        suffix: follows the name.
    """

    resource: str
    suffix: str = ""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of CloudWatch, and the statistic of it.

    Attributes:
        namespace: AWS's own, or the cluster's.
        name: of the metric.
        dimensions: by name, what it is of.
        statistic: SampleCount, Average, Sum, Minimum or Maximum.
    """

    namespace: str | NameOf
    name: str
    dimensions: Mapping[str, str | NameOf]
    statistic: str


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """An alarm.

    Attributes:
        name: of the alarm, within the cluster.
        metric: what it watches.
        comparison: how values compare with the threshold.
        threshold: in the metric's unit.
        period_seconds: of one value, 60 or a multiple of it.
        periods: how many values in a row must be beyond the threshold.
        missing: what a period without a value is taken for.
        muted: whether it notifies nobody now, since what it watches is stopped on purpose.
        meaning: what is wrong, in one sentence.
        remedy: what to do.
    """

    name: str
    metric: Metric
    comparison: Comparison
    threshold: float
    period_seconds: int = MINUTE
    periods: int
    missing: Missing = Missing.NOT_BREACHING
    muted: bool = False
    meaning: str
    remedy: str

    @property
    def condition(self) -> str:
        """When it is an alarm, for people."""
        sign = ">=" if self.comparison is Comparison.AT_LEAST else "<"
        minutes = self.period_seconds * self.periods // MINUTE
        lasting = f"{minutes} min" if minutes < 24 * MINUTE else f"{minutes // (24 * MINUTE)} d"
        large = self.threshold >= GIB / 100
        threshold = f"{self.threshold / GIB:.2g} GiB" if large else f"{self.threshold:g}"
        return f"{self.metric.statistic} {sign} {threshold} for {lasting}"

    @property
    def description(self) -> str:
        """What a notification has of it."""
        return f"{self.meaning} {self.remedy}"
