# pyright: basic
# moto has no types for its handlers.
"""moto's CloudWatch with this package's metrics, alarms and checks.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ResourceNotFound
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from embedded_aws.account.authorization import Place
from embedded_aws.account.cloudwatch import alarm_checks, evaluation, metric_checks, queries
from embedded_aws.account.cloudwatch.alarms import State
from embedded_aws.account.cloudwatch.statistics import StatisticSet
from embedded_aws.account.pages import page

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from embedded_aws.account.cloudwatch.alarms import Alarms

_put_metric_alarm = CloudWatchResponse.put_metric_alarm
_set_alarm_state = CloudWatchBackend.set_alarm_state
_store_alarm: Any = CloudWatchBackend.put_metric_alarm
_delete_alarms = CloudWatchResponse.delete_alarms
_MAX_RECORDS = 100


def install(alarms: Alarms) -> None:
    """Let moto's server answer with these handlers."""
    handlers = _Handlers(alarms)
    for owner, names in (
        (
            CloudWatchResponse,
            (
                *("put_metric_data", "get_metric_data", "get_metric_statistics"),
                *("put_metric_alarm", "delete_alarms", "describe_alarm_history"),
            ),
        ),
        (CloudWatchBackend, ("set_alarm_state",)),
    ):
        for name in names:
            setattr(owner, name, _method(getattr(handlers, name)))
    CloudWatchBackend.put_metric_alarm = _method(handlers.store_alarm)


def _method(handler: Any) -> Any:
    """Make a method of moto's class; moto finds actions by functions of its classes."""

    def method(self: Any, *args: Any, **given: Any) -> Any:
        return handler(self, *args, **given)

    return method


class _Handlers:
    """The handlers; the first argument of each is moto's object."""

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    def put_metric_data(self, response: CloudWatchResponse) -> Any:
        """Store values, for alarms as CloudWatch stores them, and for moto's own answers."""
        given, now = response._get_params(), time.time()  # noqa: SLF001 - of moto
        metric_checks.no_entities(given)
        namespace = metric_checks.namespace(given.get("Namespace"))
        metric_checks.data(given.get("MetricData") or [], now)
        metrics = self._alarms.region(response.region).metrics
        for datum in given["MetricData"]:
            metric = queries.metric_of({**datum, "Namespace": namespace})
            at = datum["Timestamp"].timestamp() if datum.get("Timestamp") else now
            resolution = int(datum.get("StorageResolution") or 60)
            if not metrics.units(metric):
                # moto lists metrics; the values that it would keep for ever are none of its answers here.
                response.cloudwatch_backend.put_metric_data(namespace, [datum])
            for values in _sets(datum):
                metrics.put(metric, at, datum.get("Unit") or "None", resolution, values)
        return EmptyResult()

    def get_metric_data(self, response: CloudWatchResponse) -> ActionResult:
        """Return statistics of several metrics."""
        metrics = self._alarms.region(response.region).metrics
        return ActionResult(queries.get_metric_data(metrics, response._get_params()))  # noqa: SLF001 - of moto

    def get_metric_statistics(self, response: CloudWatchResponse) -> ActionResult:
        """Return statistics of a metric."""
        metrics = self._alarms.region(response.region).metrics
        return ActionResult(queries.get_metric_statistics(metrics, response._get_params()))  # noqa: SLF001 - of moto

    def put_metric_alarm(self, response: CloudWatchResponse) -> Any:
        """Create or change an alarm."""
        place = Place(
            response.cloudwatch_backend.partition, response.region, response.cloudwatch_backend.account_id
        )
        alarm_checks.alarm(response._get_params(), place)  # noqa: SLF001 - of moto
        return _put_metric_alarm(response)

    def store_alarm(self, backend: CloudWatchBackend, name: str, **given: Any) -> Alarm:
        """Let a new alarm begin without data, and one that is changed keep its state and its tags."""
        old: Any = backend.alarms.get(name)
        tags = None if old else given.pop("tags", None)
        made: Any = _store_alarm(backend, name=name, **(given | {"tags": tags}))
        if old is None:
            made.state_value = evaluation.INSUFFICIENT_DATA
            made.state_transitioned_timestamp = made.state_updated_timestamp
            self._alarms.forget(made.alarm_arn)
        else:
            for part in ("value", "reason", "reason_data", "updated_timestamp", "transitioned_timestamp"):
                setattr(made, f"state_{part}", getattr(old, f"state_{part}"))
        what = "updated" if old else "created"
        history = self._alarms.region(backend.region_name).history
        history.add(name, "ConfigurationUpdate", f'Alarm "{name}" {what}', {"type": what.title()})
        return made

    def delete_alarms(self, response: CloudWatchResponse) -> Any:
        """Delete the alarms that there are, and refuse the request if there were others in it."""
        names: list[str] = response._get_params().get("AlarmNames") or []  # noqa: SLF001 - of moto
        alarms = response.cloudwatch_backend.alarms
        missing = [name for name in names if name not in alarms]
        history = self._alarms.region(response.region).history
        for name in names:
            if name in alarms:
                history.add(name, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})
        answer = _delete_alarms(response)
        if missing:
            raise ResourceNotFound(f"The alarms {', '.join(missing)} do not exist.")
        return answer

    def set_alarm_state(
        self,
        backend: CloudWatchBackend,
        alarm_name: str,
        reason: str,
        reason_data: str | None,
        state_value: str,
    ) -> None:
        """Put an alarm into a state until it is evaluated again."""
        alarm: Any = backend.alarms.get(alarm_name)
        if alarm is None:
            raise ResourceNotFound("Alarm does not exist")
        kept = {name: getattr(alarm, name) for name in vars(alarm) if name.startswith("state_")}
        _set_alarm_state(backend, alarm_name, reason, reason_data, state_value)  # type: ignore[arg-type]
        vars(alarm).update(kept)
        data = json.loads(reason_data) if reason_data else {}
        self._alarms.set_state(backend.region_name, alarm, State(state_value, reason, data))

    def describe_alarm_history(self, response: CloudWatchResponse) -> ActionResult | EmptyResult:
        """Return what happened to an alarm, newest first if not asked for otherwise."""
        given = response._get_params()  # noqa: SLF001 - of moto
        start, end = given.get("StartDate"), given.get("EndDate")
        if start and end and start >= end:
            raise InvalidParameterCombination("StartDate must be before EndDate.")
        found = self._alarms.region(response.region).history.find(
            given.get("AlarmName"),
            given.get("HistoryItemType"),
            newest_first=given.get("ScanBy") != "TimestampAscending",
        )
        found = [one for one in found if not ((start and one.at < start) or (end and one.at > end))]
        items, more = page(found, given.get("NextToken"), int(given.get("MaxRecords") or _MAX_RECORDS))
        answer = {"AlarmHistoryItems": [one.describe() for one in items]}
        return ActionResult(answer | ({"NextToken": more} if more else {}))


def _sets(datum: Mapping[str, Any]) -> Iterator[StatisticSet]:
    if statistics := datum.get("StatisticValues"):
        yield StatisticSet(
            *(float(statistics[name]) for name in ("SampleCount", "Sum", "Minimum", "Maximum"))
        )
        return
    single = datum.get("Values") is None
    values = [datum["Value"]] if single else datum["Values"]
    for value, count in zip(values, datum.get("Counts") or [1.0] * len(values), strict=True):
        yield StatisticSet(float(count), float(value) * float(count), float(value), float(value))
