"""Which state an alarm has by its datapoints, and the reason in CloudWatch's words.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

OK: Final = "OK"
ALARM: Final = "ALARM"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"
STATES: Final = (INSUFFICIENT_DATA, ALARM, OK)
OPERATORS: Final[dict[str, tuple[Callable[[float, float], bool], str]]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
}
TREATMENTS: Final = ("breaching", "notBreaching", "ignore", "missing")
FURTHER: Final = 2
"""Datapoints of the evaluation range beyond the evaluation periods: AWS has no rule for their number, but
examples with 5 datapoints for 3 periods."""


@dataclass(frozen=True)
class Condition:
    """When an alarm is in state ALARM."""

    operator: str
    threshold: float
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str = "missing"

    @property
    def evaluation_range(self) -> int:
        """How many datapoints an evaluation takes."""
        return self.evaluation_periods + FURTHER

    def breached_by(self, value: float) -> bool:
        """Whether a value is beyond the threshold."""
        return OPERATORS[self.operator][0](value, self.threshold)


@dataclass(frozen=True)
class Datapoint:
    """A statistic of one period."""

    start: float
    value: float


@dataclass(frozen=True)
class Evaluation:
    """What came out.

    Attributes:
        state: the state; None: the alarm stays in the state that it has.
        reason: in CloudWatch's words.
        datapoints: what was received and counted, oldest first.
    """

    state: str | None
    reason: str
    datapoints: Sequence[Datapoint]


def evaluate(condition: Condition, points: Sequence[Datapoint | None]) -> Evaluation:
    """Evaluate the datapoints of an evaluation range, oldest first; None is a missing one."""
    wanted = condition.evaluation_periods
    real = [point for point in points if point is not None][-wanted:]
    missing = wanted - len(real)
    breaching = sum(condition.breached_by(point.value) for point in real)
    enough = condition.datapoints_to_alarm
    treatment = condition.treat_missing_data
    if missing and treatment == "breaching":
        state = ALARM if breaching + missing >= enough else OK
    elif missing and treatment != "notBreaching" and breaching == len(real) and breaching < enough:
        state = _without_contradiction(condition, points)
    else:
        state = ALARM if breaching >= enough else OK
    return Evaluation(state, _reason(condition, state, real, missing), real)


def _without_contradiction(condition: Condition, points: Sequence[Datapoint | None]) -> str | None:
    """Decide by too few datapoints, of which none is within the threshold, where missing ones do not count.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html#CloudWatch-alarms-avoiding-premature-transition
    """
    if condition.treat_missing_data == "ignore":
        return None
    ages = [age for age, point in enumerate(reversed(points), 1) if point is not None]
    return ALARM if ages and ages[-1] >= condition.datapoints_to_alarm else INSUFFICIENT_DATA


def _reason(condition: Condition, state: str | None, real: Sequence[Datapoint], missing: int) -> str:
    if state == INSUFFICIENT_DATA:
        many = "datapoint was" if missing == 1 else "datapoints were"
        return f"Insufficient Data: {missing} {many} unknown."
    if not real:
        treated = "Breaching" if condition.treat_missing_data == "breaching" else "NonBreaching"
        many = "datapoint was" if missing == 1 else "datapoints were"
        return (
            f"Threshold Crossed: no datapoints were received for {missing} {_plural('period', missing)} and "
            f"{missing} missing {many} treated as [{treated}]."
        )
    shown = [point for point in real if condition.breached_by(point.value)] if state == ALARM else list(real)
    shown = shown or list(real)
    values = ", ".join(f"{point.value} ({_time(point.start)})" for point in reversed(shown))
    count = condition.evaluation_periods
    verb = ("was" if len(shown) == 1 else "were") + ("" if state == ALARM else " not")
    least, change = (
        (condition.datapoints_to_alarm, "OK -> ALARM")
        if state == ALARM
        else (count - condition.datapoints_to_alarm + 1, "ALARM -> OK")
    )
    return (
        f"Threshold Crossed: {len(shown)} out of the last {count} datapoints [{values}] {verb} "
        f"{OPERATORS[condition.operator][1]} the threshold ({condition.threshold}) "
        f"(minimum {least} {_plural('datapoint', least)} for {change} transition)."
    )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")
