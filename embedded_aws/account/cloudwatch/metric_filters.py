# pyright: basic
# moto has no types for its backends.
"""Metric filters of CloudWatch Logs: each event that matches is a value of a metric.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.logs.models import LogsBackend

from embedded_aws.account.cloudwatch.filter_patterns import PatternError, UnmodelledPatternError, parse
from embedded_aws.account.cloudwatch.statistics import MetricId, StatisticSet

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.account.cloudwatch.alarms import Alarms

_put_log_events: Any = LogsBackend.put_log_events
_put_metric_filter: Any = LogsBackend.put_metric_filter
_delete_log_group: Any = LogsBackend.delete_log_group
_MAX_FILTERS = 100
"""https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html"""


def install(alarms: Alarms) -> None:
    """Let moto's log groups count, into the metrics that alarms watch."""
    handlers = _Handlers(alarms)
    for name in ("put_log_events", "put_metric_filter", "delete_log_group"):
        setattr(LogsBackend, name, _method(getattr(handlers, name)))


def _method(handler: Callable[..., Any]) -> Any:
    def method(self: LogsBackend, *args: Any, **given: Any) -> Any:
        return handler(self, *args, **given)

    return method


class _Handlers:
    """The handlers; the first argument of each is moto's object."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def put_log_events(self, backend: LogsBackend, group: str, stream: str, events: list[Any]) -> Any:
        """Store events, and count those that match."""
        answer = _put_log_events(backend, group, stream, events)
        for one in backend.filters.get_matching_filters(log_group_name=group):
            matches = parse(one["filterPattern"])
            for event in events:
                if matches(event["message"]):
                    self._count(backend.region_name, one, event["timestamp"] / 1000)
        return answer

    def _count(self, region: str, one: dict[str, Any], at: float) -> None:
        (made,) = one["metricTransformations"]
        metric = MetricId(made["metricNamespace"], made["metricName"])
        value = float(made["metricValue"])
        values = StatisticSet(1, value, value, value)
        self._alarms.region(region).metrics.put(metric, at, made.get("unit") or "None", 60, values)

    def put_metric_filter(
        self, backend: LogsBackend, name: str, pattern: str, group: str, transformations: list[Any]
    ) -> None:
        """Make a filter, or replace the one of its name."""
        if group not in backend.groups:
            raise ResourceNotFoundException("The specified log group does not exist.")
        try:
            parse(pattern)
            float(transformations[0]["metricValue"])
        except PatternError as error:
            raise InvalidParameterException("Invalid metric filter pattern") from error
        except (UnmodelledPatternError, ValueError) as error:
            raise JsonRESTError(
                "NotImplemented", "This account models filter patterns of terms and of JSON, and fixed values"
            ) from error
        filters = backend.filters.metric_filters
        others = [one for one in filters if (one["logGroupName"], one["filterName"]) != (group, name)]
        if sum(one["logGroupName"] == group for one in others) >= _MAX_FILTERS:
            raise JsonRESTError("LimitExceededException", "Resource limit exceeded.")
        backend.filters.metric_filters = others
        _put_metric_filter(backend, name, pattern, group, transformations)

    def delete_log_group(self, backend: LogsBackend, group: str) -> None:
        """Delete a log group with its filters."""
        _delete_log_group(backend, group)
        kept = [one for one in backend.filters.metric_filters if one["logGroupName"] != group]
        backend.filters.metric_filters = kept
