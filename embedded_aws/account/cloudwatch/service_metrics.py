"""Metrics that AWS's services publish by themselves, from the processes of the account, once a minute.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from embedded_aws.account.cloudwatch.statistics import MetricId, StatisticSet
from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from embedded_aws.account.cloudwatch.alarms import Alarms
    from embedded_aws.account.delays import Delays

LOG = logging.getLogger(__name__)
_RESOLUTION_SECONDS = 60


@dataclass(frozen=True)
class Sample:
    """A value that a service publishes now.

    Attributes:
        region: where.
        namespace: of the service, such as AWS/ECS.
        name: of the metric.
        unit: CloudWatch's name.
        dimensions: what it is of.
        value: the value.
        count: how often it is published: events of a minute are as many values of 1.
    """

    region: str
    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    value: float
    count: float = 1


class ServiceMetrics:
    """Publishes what the sources measure; what one of them cannot measure is missing, and logged.

    Args:
        alarms: keep the metrics.
        sources: measure.
        delays: how often.
    """

    def __init__(
        self, alarms: Alarms, sources: Sequence[Callable[[], Iterable[Sample]]], delays: Delays
    ) -> None:
        self._alarms, self._sources = alarms, sources
        self._periodic = Periodic("service-metrics", self.publish, delays["service_metrics"])

    def start(self) -> None:
        """Start the thread."""
        self._periodic.start()

    def end(self) -> None:
        """Publish nothing any more."""
        self._periodic.end()

    def publish(self) -> None:
        """Measure and publish once."""
        for source in self._sources:
            try:
                samples = list(source())
            except Exception:
                LOG.exception("metrics of a service")
                continue
            now = time.time()
            for sample in samples:
                self._put(sample, now)

    def _put(self, sample: Sample, now: float) -> None:
        metric = MetricId(sample.namespace, sample.name, frozenset(sample.dimensions.items()))
        values = StatisticSet(sample.count, sample.value * sample.count, sample.value, sample.value)
        metrics = self._alarms.region(sample.region).metrics
        metrics.put(metric, now, sample.unit, _RESOLUTION_SECONDS, values)
