"""Which capacity a step scaling policy asks for.

https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

CHANGE: Final = "ChangeInCapacity"
EXACT: Final = "ExactCapacity"
PERCENT: Final = "PercentChangeInCapacity"
ADJUSTMENT_TYPES: Final = (CHANGE, EXACT, PERCENT)
DEFAULT_COOLDOWN_SECONDS: Final = 300
_AGGREGATIONS: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "Average": statistics.fmean,
    "Minimum": min,
    "Maximum": max,
}
AGGREGATIONS: Final = tuple(_AGGREGATIONS)


@dataclass(frozen=True)
class StepScaling:
    """The configuration of a policy."""

    adjustment_type: str
    steps: Sequence[Mapping[str, Any]]
    """Step adjustments by the API's names."""
    cooldown_seconds: float = DEFAULT_COOLDOWN_SECONDS
    aggregation: str = "Average"
    min_magnitude: int = 0

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> StepScaling:
        """Read a StepScalingPolicyConfiguration."""
        cooldown = given.get("Cooldown")
        return cls(
            adjustment_type=given["AdjustmentType"],
            steps=given["StepAdjustments"],
            cooldown_seconds=DEFAULT_COOLDOWN_SECONDS if cooldown is None else cooldown,
            aggregation=given.get("MetricAggregationType") or "Average",
            min_magnitude=given.get("MinAdjustmentMagnitude") or 0,
        )

    def adjustment(self, datapoints: Sequence[float], threshold: float, *, above: bool) -> int | None:
        """Return the adjustment of the step that the metric is in; None: it is in no step.

        Args:
            datapoints: the metric's, that the alarm was evaluated by.
            threshold: the alarm's.
            above: a metric at the threshold counts as above it: the alarm looks for greater values.
        """
        breach = _AGGREGATIONS[self.aggregation](datapoints) - threshold
        inclusive_lower = breach > 0 or (breach == 0 and above)
        for step in self.steps:
            lower = step.get("MetricIntervalLowerBound", -math.inf)
            upper = step.get("MetricIntervalUpperBound", math.inf)
            if inclusive_lower and lower <= breach < upper:
                return int(step["ScalingAdjustment"])
            if not inclusive_lower and lower < breach <= upper:
                return int(step["ScalingAdjustment"])
        return None

    def capacity(self, current: int, adjustment: int) -> int:
        """Return the capacity that an adjustment makes of the current one."""
        if self.adjustment_type == EXACT:
            return adjustment
        if self.adjustment_type == CHANGE:
            return max(0, current + adjustment)
        change = _rounded(current * adjustment / 100)
        if adjustment and abs(change) < self.min_magnitude:
            change = int(math.copysign(self.min_magnitude, adjustment))
        return max(0, current + change)


def _rounded(change: float) -> int:
    """Round towards zero, but never a change to none."""
    if 0 < abs(change) < 1:
        return int(math.copysign(1, change))
    return math.trunc(change)
