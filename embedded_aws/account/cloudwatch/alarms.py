# pyright: basic
# moto has no types for its backends.
"""Evaluates the alarms that moto's CloudWatch holds, and runs what they invoke.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.models import DEFAULT_ACCOUNT_ID

from embedded_aws.account.cloudwatch import evaluation
from embedded_aws.account.cloudwatch.actions import Actions
from embedded_aws.account.cloudwatch.alarm_checks import SCALING_POLICY
from embedded_aws.account.cloudwatch.evaluation import Condition, Datapoint, Evaluation
from embedded_aws.account.cloudwatch.history import History
from embedded_aws.account.cloudwatch.statistics import MetricId, Metrics, periods
from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from embedded_aws.account.delays import Delays

_TICK_SECONDS = 1.0
_MINUTE, _DAY = 60, 86_400
_ACTIONS_OF = {
    evaluation.ALARM: "alarm_actions",
    evaluation.OK: "ok_actions",
    evaluation.INSUFFICIENT_DATA: "insufficient_data_actions",
}


@dataclass(frozen=True)
class State:
    """A state, and the reason for it.

    Attributes:
        value: the state.
        reason: as text.
        data: as JSON values.
    """

    value: str
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Invocation:
    """An alarm invokes one of its actions.

    Attributes:
        region: where the alarm is.
        alarm: moto's alarm.
        action: the ARN of the action.
        old_state: the state before.
        state: the state that invoked it; scaling policies go by the datapoints of its reason.
        at: when the state changed.
    """

    region: str
    alarm: Any
    action: str
    old_state: str
    state: State
    at: datetime


class Region:
    """What CloudWatch has in one region beyond moto's backend."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.history = History()


class Alarms:
    """All alarms of the account.

    Args:
        delays: how often they are evaluated.
        scale: scales by policies that were invoked together; returns why each of them failed, or None.
        clock: returns seconds since the epoch.
    """

    def __init__(
        self,
        delays: Delays,
        scale: Callable[[Sequence[Invocation]], list[str | None]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._delays, self._clock = delays, clock
        self._actions = Actions(scale, lambda region: self.region(region).history)
        self._regions: dict[str, Region] = {}
        self._lock = threading.RLock()
        self._pending: list[Invocation] = []
        self._evaluated: dict[str, float] = {}
        """By ARN: the end of the last period that an alarm was evaluated for."""
        self._latest: dict[str, Evaluation] = {}
        self._repeat_at: dict[str, float] = {}
        self._periodic = Periodic("alarms", self.look, min(_TICK_SECONDS, delays.shortest))

    def start(self) -> None:
        """Start the thread."""
        self._periodic.start()

    def end(self) -> None:
        """Evaluate nothing any more."""
        self._periodic.end()

    def region(self, name: str) -> Region:
        """Return metrics and history of a region."""
        with self._lock:
            return self._regions.setdefault(name, Region())

    def look(self) -> None:
        """Evaluate what is due, and run what was invoked."""
        now = self._clock()
        with self._lock:
            for region, alarm in _all():
                self._evaluate(region, alarm, now)
            invoked, self._pending = self._pending, []
        if invoked:
            self._actions.perform(invoked)

    def set_state(self, region: str, alarm: Any, state: State) -> None:
        """Put an alarm into a state, as SetAlarmState does, until it is evaluated again."""
        with self._lock:
            self._turn(region, alarm, state, self._clock())

    def forget(self, arn: str) -> None:
        """Take a new alarm as one that was never evaluated."""
        with self._lock:
            for known in (self._evaluated, self._latest, self._repeat_at):
                known.pop(arn, None)

    def _interval(self, alarm: Any) -> float:
        if alarm.period < _MINUTE:
            return self._delays["high_resolution_alarm"]
        if alarm.period * alarm.evaluation_periods > _DAY:
            return self._delays["alarm_of_days"]
        return self._delays["alarm"]

    def _evaluate(self, region: str, alarm: Any, now: float) -> None:
        interval = self._interval(alarm)
        end = now // interval * interval
        if end > self._evaluated.get(alarm.alarm_arn, 0.0):
            self._evaluated[alarm.alarm_arn] = end
            done = self._evaluation(region, alarm, end)
            self._latest[alarm.alarm_arn] = done
            if done.state is not None and done.state != alarm.state_value:
                state = State(done.state, done.reason, _reason_data(alarm, done, now))
                self._turn(region, alarm, state, now)
        later = now + self._delays["repeated_scaling"]
        if _scaling_policies(alarm) and now >= self._repeat_at.setdefault(alarm.alarm_arn, later):
            self._repeat(region, alarm, now)

    def _evaluation(self, region: str, alarm: Any, end: float) -> Evaluation:
        condition = _condition(alarm)
        seconds, count = float(alarm.period), condition.evaluation_range
        stored = self.region(region).metrics.between(
            metric_of(alarm), end - seconds * count, end, alarm.unit or None
        )
        points = [
            None if values is None else Datapoint(start, values.statistic(alarm.statistic))
            for start, values in periods(stored, end, seconds, count)
        ]
        return evaluation.evaluate(condition, points)

    def _turn(self, region: str, alarm: Any, state: State, now: float) -> None:
        """Enter a state; its actions are invoked if it is another one."""
        old, at = alarm.state_value, datetime.fromtimestamp(now, UTC)
        before = {"stateValue": old, "stateReason": alarm.state_reason}
        alarm.state_reason, alarm.state_reason_data = state.reason, json.dumps(state.data)
        alarm.state_value, alarm.state_updated_timestamp = state.value, at
        if state.value == old:
            return
        alarm.state_transitioned_timestamp = at
        after = {"stateValue": state.value, "stateReason": state.reason, "stateReasonData": state.data}
        summary = f"Alarm updated from {old} to {state.value}"
        self.region(region).history.add(
            alarm.name, "StateUpdate", summary, {"oldState": before, "newState": after}
        )
        self._repeat_at[alarm.alarm_arn] = now + self._delays["repeated_scaling"]
        if not alarm.actions_enabled:
            return
        for action in getattr(alarm, _ACTIONS_OF[state.value]):
            self._pending.append(Invocation(region, alarm, action, old, state, at))

    def _repeat(self, region: str, alarm: Any, now: float) -> None:
        """Invoke the scaling policies of a state that lasts, by the datapoints of now."""
        self._repeat_at[alarm.alarm_arn] = now + self._delays["repeated_scaling"]
        latest = self._latest.get(alarm.alarm_arn)
        if latest is None or not alarm.actions_enabled:
            return
        state = State(alarm.state_value, alarm.state_reason, _reason_data(alarm, latest, now))
        at = datetime.fromtimestamp(now, UTC)
        for action in _scaling_policies(alarm):
            self._pending.append(Invocation(region, alarm, action, state.value, state, at))


def metric_of(alarm: Any) -> MetricId:
    """Return the metric that an alarm watches."""
    return MetricId(
        alarm.namespace, alarm.metric_name, frozenset((one.name, one.value) for one in alarm.dimensions)
    )


def _scaling_policies(alarm: Any) -> list[str]:
    return [arn for arn in getattr(alarm, _ACTIONS_OF[alarm.state_value]) if SCALING_POLICY.fullmatch(arn)]


def _condition(alarm: Any) -> Condition:
    count = alarm.evaluation_periods
    return Condition(
        alarm.comparison_operator,
        float(alarm.threshold),
        count,
        alarm.datapoints_to_alarm or count,
        alarm.treat_missing_data or "missing",
    )


def _reason_data(alarm: Any, done: Evaluation, now: float) -> dict[str, Any]:
    start = done.datapoints[0].start if done.datapoints else None
    return {
        "version": "1.0",
        "queryDate": _iso(now),
        **({} if start is None else {"startDate": _iso(start)}),
        **({"unit": alarm.unit} if alarm.unit else {}),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": [point.value for point in done.datapoints],
        "threshold": float(alarm.threshold),
        "evaluatedDatapoints": [
            {"timestamp": _iso(point.start), "value": point.value} for point in reversed(done.datapoints)
        ],
    }


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _all() -> Iterator[tuple[str, Any]]:
    regions: Any = cloudwatch_backends[DEFAULT_ACCOUNT_ID]
    for region, backend in list(regions.items()):
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None and alarm.metric_name:
                yield region, alarm
