"""What PutMetricData refuses.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html,
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue

from embedded_aws.account.cloudwatch.errors import MissingParameterError, NotModelledError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SIZES = ("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes")
_BITS = ("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits")
UNITS: Final = (
    *("Seconds", "Microseconds", "Milliseconds", *_SIZES, *_BITS, "Percent", "Count"),
    *(f"{unit}/Second" for unit in (*_SIZES, *_BITS, "Count")),
    "None",
)
_MAX_METRICS = 1000
_MAX_DIMENSIONS = 30
_MAX_VALUES = 150
_MAX_NAME = 255
_MAX_DIMENSION_VALUE = 1024
_LARGEST = 2.0**360
_OLDEST_SECONDS = 14 * 24 * 3600
_FUTURE_SECONDS = 2 * 3600
_PRINTABLE = re.compile(r"[\x20-\x7e]+")


def namespace(given: str | None) -> str:
    """Check the name of a namespace."""
    if not given:
        raise MissingParameterError("The parameter Namespace is required.")
    wrong = len(given) > _MAX_NAME or not _PRINTABLE.fullmatch(given) or given.startswith((":", "AWS/"))
    if wrong:
        raise InvalidParameterValue(f"The value {given} for parameter Namespace is invalid.")
    return given


def data(given: Sequence[Mapping[str, Any]], now: float) -> None:
    """Check all values of a request."""
    if not given:
        raise MissingParameterError("The parameter MetricData is required.")
    if len(given) > _MAX_METRICS:
        raise InvalidParameterValue(
            f"The collection MetricData must not have a size greater than {_MAX_METRICS}."
        )
    for number, datum in enumerate(given, 1):
        _datum(datum, f"MetricData.member.{number}", now)


def dimensions(given: Sequence[Mapping[str, str]], where: str) -> None:
    """Check number, names and values of dimensions."""
    if len(given) > _MAX_DIMENSIONS:
        raise InvalidParameterValue(
            f"The collection {where}.Dimensions must not have a size greater than {_MAX_DIMENSIONS}."
        )
    for number, one in enumerate(given, 1):
        for part, most in (("Name", _MAX_NAME), ("Value", _MAX_DIMENSION_VALUE)):
            text = one.get(part) or ""
            place = f"{where}.Dimensions.member.{number}.{part}"
            if not text:
                raise MissingParameterError(f"The parameter {place} is required.")
            wrong = len(text) > most or not _PRINTABLE.fullmatch(text) or not text.strip()
            if wrong or (part == "Name" and text.startswith(":")):
                raise InvalidParameterValue(f"The value {text} for parameter {place} is invalid.")
    names = [one["Name"] for one in given]
    if len(set(names)) < len(names):
        raise InvalidParameterValue(f"No parameter {where}.Dimensions may have the same Name twice.")


def _datum(datum: Mapping[str, Any], where: str, now: float) -> None:
    name = datum.get("MetricName") or ""
    if not name:
        raise MissingParameterError(f"The parameter {where}.MetricName is required.")
    if len(name) > _MAX_NAME or not _PRINTABLE.fullmatch(name):
        raise InvalidParameterValue(f"The value {name} for parameter {where}.MetricName is invalid.")
    dimensions(datum.get("Dimensions") or [], where)
    _one_of("Unit", datum.get("Unit"), UNITS, where)
    _one_of("StorageResolution", datum.get("StorageResolution"), (1, 60), where)
    at = datum.get("Timestamp")
    if at is not None and not -_OLDEST_SECONDS <= at.timestamp() - now <= _FUTURE_SECONDS:
        raise InvalidParameterValue(
            f"The parameter {where}.Timestamp must specify a time within the past two weeks and no more than "
            "two hours in the future."
        )
    kinds = [kind for kind in ("Value", "Values", "StatisticValues") if datum.get(kind) is not None]
    if not kinds:
        raise MissingParameterError(
            f"At least one of the parameters {where}.Value, {where}.Values or {where}.StatisticValues "
            "must be specified."
        )
    if len(kinds) > 1:
        raise InvalidParameterCombination(
            f"The parameters {where}.{kinds[0]} and {where}.{kinds[1]} are mutually exclusive and you have "
            "specified both."
        )
    _values(datum, where)


def _values(datum: Mapping[str, Any], where: str) -> None:
    values: Sequence[float] | None = datum.get("Values")
    counts: Sequence[float] | None = datum.get("Counts")
    if values is not None and len(values) > _MAX_VALUES:
        raise InvalidParameterValue(
            f"The collection {where}.Values must not have a size greater than {_MAX_VALUES}."
        )
    if counts is not None and len(counts) != len(values or []):
        raise InvalidParameterValue(
            f"The parameters {where}.Values and {where}.Counts must be of the same size."
        )
    statistics: Mapping[str, float] = datum.get("StatisticValues") or {}
    for name in ("SampleCount", "Sum", "Minimum", "Maximum") if statistics else ():
        if statistics.get(name) is None:
            raise MissingParameterError(f"The parameter {where}.StatisticValues.{name} is required.")
    single = {"Value": datum["Value"]} if datum.get("Value") is not None else {}
    for name, value in [
        *single.items(),
        *(("Values", one) for one in values or []),
        *(("Counts", one) for one in counts or []),
        *((f"StatisticValues.{part}", one) for part, one in statistics.items()),
    ]:
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise InvalidParameterValue(f"The value {value} for parameter {where}.{name} is invalid.")


def _one_of(name: str, given: object, allowed: Sequence[object], where: str) -> None:
    if given is not None and given not in allowed:
        raise InvalidParameterValue(f"The value {given} for parameter {where}.{name} is invalid.")


def no_entities(given: Mapping[str, Any]) -> None:
    """Refuse what is not stored here."""
    if given.get("EntityMetricData"):
        raise NotModelledError("EntityMetricData")
