# pyright: basic
# moto has no types for its handlers.
"""GetMetricStatistics and GetMetricData of metrics that were published here.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError

from embedded_aws.account.cloudwatch.errors import MissingParameterError, NotModelledError
from embedded_aws.account.cloudwatch.statistics import (
    RETAINED_SECONDS,
    MetricId,
    Metrics,
    StatisticSet,
    periods,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_HIGH_RESOLUTION = (1, 5, 10, 20, 30)
_MINUTE = 60
_MAX_DATAPOINTS = {"GetMetricStatistics": 1440, "GetMetricData": 100_800}


def metric_of(given: Mapping[str, Any]) -> MetricId:
    """Return the metric that a request names."""
    pairs = frozenset((one["Name"], one["Value"]) for one in given.get("Dimensions") or [])
    return MetricId(given["Namespace"], given["MetricName"], pairs)


def get_metric_statistics(metrics: Metrics, given: dict[str, Any]) -> dict[str, Any]:
    """Return statistics by period, of each unit by itself."""
    if given.get("ExtendedStatistics"):
        raise NotModelledError("ExtendedStatistics")
    if not given.get("Statistics"):
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    _known(given["Statistics"])
    metric = metric_of(given)
    units = [given["Unit"]] if given.get("Unit") else metrics.units(metric)
    datapoints = [
        {
            "Timestamp": datetime.fromtimestamp(start, UTC),
            "Unit": unit,
            **{name: values.statistic(name) for name in given["Statistics"]},
        }
        for unit in units
        for start, values in _periods(metrics, metric, given | {"Unit": unit}, "GetMetricStatistics")
    ]
    return {"Label": given["MetricName"], "Datapoints": datapoints}


def get_metric_data(metrics: Metrics, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return one statistic of each query, the newest first if not asked for otherwise."""
    newest_first = given.get("ScanBy") != "TimestampAscending"
    found: list[dict[str, Any]] = []
    for number, query in enumerate(given.get("MetricDataQueries") or [], 1):
        if query.get("Expression"):
            raise NotModelledError("metric math")
        wanted = query.get("MetricStat")
        if not wanted:
            raise MissingParameterError(
                f"The parameter MetricDataQueries.member.{number}.MetricStat is required."
            )
        _known([wanted["Stat"]])
        of = {**wanted, "StartTime": given["StartTime"], "EndTime": given["EndTime"]}
        points = list(_periods(metrics, metric_of(wanted["Metric"]), of, "GetMetricData"))
        points = points[::-1] if newest_first else points
        if query.get("ReturnData") is not False:
            found.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label") or wanted["Metric"]["MetricName"],
                    "Timestamps": [datetime.fromtimestamp(start, UTC) for start, _ in points],
                    "Values": [values.statistic(wanted["Stat"]) for _, values in points],
                    "StatusCode": "Complete",
                }
            )
    return {"MetricDataResults": found, "Messages": []}


def _periods(
    metrics: Metrics, metric: MetricId, given: Mapping[str, Any], operation: str
) -> list[tuple[float, StatisticSet]]:
    """Return the periods that have values, the oldest first; the first begins at a whole minute."""
    seconds = int(given["Period"])
    if seconds not in _HIGH_RESOLUTION and (seconds < _MINUTE or seconds % _MINUTE):
        raise ValidationError("Period must be 1, 5, 10, 20, 30 or a multiple of 60")
    start, end = given["StartTime"].timestamp(), given["EndTime"].timestamp()
    if start >= end:
        raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
    begin = start // min(seconds, _MINUTE) * min(seconds, _MINUTE)
    count = math.ceil((end - begin) / seconds)
    if count > _MAX_DATAPOINTS[operation]:
        raise InvalidParameterCombination(
            f"You have requested up to {count:,} datapoints, which exceeds the limit of "
            f"{_MAX_DATAPOINTS[operation]:,}. You may reduce the datapoints requested by increasing Period, "
            "or decreasing the time range."
        )
    oldest = time.time() - RETAINED_SECONDS[1 if seconds < _MINUTE else _MINUTE]
    stored = metrics.between(metric, max(begin, oldest), end, given.get("Unit"))
    found = periods(stored, end=begin + count * seconds, seconds=seconds, count=count)
    return [(at, values) for at, values in found if values is not None]


def _known(names: Iterable[str]) -> None:
    for name in names:
        if name not in STATISTICS:
            raise NotModelledError(f"the statistic {name}")
