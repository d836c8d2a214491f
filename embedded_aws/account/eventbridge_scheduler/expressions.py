"""EventBridge Scheduler's expressions: at(...), rate(...) and cron(...).

Source: https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
Of cron's wildcards L, W and # are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Due = Callable[[datetime, datetime], bool]
"""Tells whether a schedule fires after the first moment, up to and with the second."""

_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (1, 7), (1970, 2199))
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def parse(expression: str, zone: str, created: datetime) -> Due:
    """Read an expression.

    Args:
        expression: at, rate or cron.
        zone: name of the time zone that at and cron are meant in.
        created: when rate begins to count.

    Raises:
        ValueError: It is none of the three, or has a field out of range.
    """
    kind, _, inner = expression.partition("(")
    if not inner.endswith(")"):
        raise ValueError(f"{expression} is not at(...), rate(...) or cron(...)")
    if kind == "at":
        moment = datetime.fromisoformat(inner[:-1]).replace(tzinfo=ZoneInfo(zone))
        return lambda after, until: after < moment <= until
    if kind == "rate":
        period = _period(inner[:-1])
        return lambda after, until: (after - created) // period < (until - created) // period
    if kind == "cron":
        return _cron(inner[:-1], ZoneInfo(zone))
    raise ValueError(f"{expression} is not at(...), rate(...) or cron(...)")


def _period(text: str) -> timedelta:
    match = re.fullmatch(r"([1-9]\d*) (minute|hour|day)s?", text)
    if match is None:
        raise ValueError(f"rate({text}) must be a whole number and minutes, hours or days")
    return timedelta(**{f"{match[2]}s": int(match[1])})


def _cron(text: str, zone: ZoneInfo) -> Due:
    fields = text.upper().split()
    if len(fields) != len(_RANGES):
        raise ValueError(f"cron({text}) must have six fields")
    if [fields[_DAY_OF_MONTH], fields[_DAY_OF_WEEK]].count("?") != 1:
        raise ValueError(f"cron({text}) must have ? for the day of the month or the day of the week")
    minutes, hours, days, months, weekdays, years = (
        _values(field, low, high) for field, (low, high) in zip(fields, _RANGES, strict=True)
    )

    def matches(instant: datetime) -> bool:
        moment = instant.astimezone(zone)
        return (
            moment.minute in minutes
            and moment.hour in hours
            and moment.day in days
            and moment.month in months
            and moment.isoweekday() % 7 + 1 in weekdays
            and moment.year in years
        )

    def due(after: datetime, until: datetime) -> bool:
        moment = until.astimezone(UTC).replace(second=0, microsecond=0)
        while moment > after:
            if matches(moment):
                return True
            moment -= timedelta(minutes=1)
        return False

    return due


def _values(field: str, low: int, high: int) -> set[int]:
    values: set[int] = set()
    for part in field.split(","):
        body, _, step = part.partition("/")
        first, last = low, high
        if body not in ("*", "?"):
            begin, _, end = body.partition("-")
            first = _number(begin)
            last = _number(end) if end else high if step else first
        if not low <= first <= last <= high:
            raise ValueError(f"{field} must lie between {low} and {high}")
        values.update(range(first, last + 1, int(step or 1)))
    return values


def _number(text: str) -> int:
    for names in (_MONTHS, _DAYS):
        if text in names:
            return names.index(text) + 1
    if not text.isdecimal():
        raise ValueError(f"{text} is not a number that this account reads")
    return int(text)
