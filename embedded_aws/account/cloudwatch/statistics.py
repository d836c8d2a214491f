"""Metrics as CloudWatch stores them: a statistic set for each second or minute, metric and unit.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Resolution_definition
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

RETAINED_SECONDS: Final = {1: 3 * 3600, 60: 15 * 24 * 3600}
"""By resolution: how long values are there at all at that resolution."""
_TRIMMED_EVERY = 1000
"""Values of a metric after which old ones are looked for."""


@dataclass(frozen=True)
class MetricId:
    """What makes a metric another one: namespace, name and all dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class StatisticSet:
    """Values of one time, as far as statistics need them."""

    count: float
    total: float
    minimum: float
    maximum: float

    def __add__(self, other: StatisticSet) -> StatisticSet:
        return StatisticSet(
            self.count + other.count,
            self.total + other.total,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    def statistic(self, name: str) -> float:
        """Return a statistic by CloudWatch's name."""
        values = {
            "SampleCount": self.count,
            "Sum": self.total,
            "Average": self.total / self.count if self.count else 0.0,
            "Minimum": self.minimum,
            "Maximum": self.maximum,
        }
        return values[name]


class Metrics:
    """The metrics of one region."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sets: dict[MetricId, dict[tuple[float, str], StatisticSet]] = {}
        self._puts: dict[MetricId, int] = {}

    def put(self, metric: MetricId, at: float, unit: str, resolution: int, values: StatisticSet) -> None:
        """Add values; those of one second or minute, by resolution, cannot be told apart any more.

        Args:
            metric: of which metric.
            at: seconds since the epoch.
            unit: CloudWatch's name; `None` where there is none.
            resolution: in seconds, 1 or 60.
            values: what to add.
        """
        with self._lock:
            sets = self._sets.setdefault(metric, {})
            key = (at // resolution * resolution, unit)
            sets[key] = sets[key] + values if key in sets else values
            self._puts[metric] = self._puts.get(metric, 0) + 1
            if self._puts[metric] % _TRIMMED_EVERY == 0:
                newest = max(start for start, _ in sets)
                for old in [one for one in sets if newest - one[0] > RETAINED_SECONDS[60]]:
                    del sets[old]

    def units(self, metric: MetricId) -> list[str]:
        """Return the units of a metric, in order."""
        with self._lock:
            return sorted({unit for _, unit in self._sets.get(metric, {})})

    def between(
        self, metric: MetricId, start: float, end: float, unit: str | None
    ) -> Mapping[float, StatisticSet]:
        """Return what is stored from `start` until before `end`, by time; None: of all units."""
        with self._lock:
            found: dict[float, StatisticSet] = {}
            for (at, of), values in self._sets.get(metric, {}).items():
                if start <= at < end and unit in (None, of):
                    found[at] = found[at] + values if at in found else values
            return found


def periods(
    values: Mapping[float, StatisticSet], end: float, seconds: float, count: int
) -> list[tuple[float, StatisticSet | None]]:
    """Put what was stored into periods before `end`, oldest first: each period's start and values, if any."""
    begin = end - seconds * count
    found: list[StatisticSet | None] = [None] * count
    for at, one in values.items():
        number = math.floor((at - begin) / seconds)
        if 0 <= number < count:
            known = found[number]
            found[number] = one if known is None else known + one
    return [(begin + seconds * number, one) for number, one in enumerate(found)]
