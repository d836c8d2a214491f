"""What PutMetricAlarm refuses.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from moto.cloudwatch.exceptions import ValidationError

from embedded_aws.account.cloudwatch.errors import ConstraintError, MissingParameterError, NotModelledError
from embedded_aws.account.cloudwatch.evaluation import OPERATORS, TREATMENTS
from embedded_aws.account.cloudwatch.metric_checks import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.account.authorization import Place

_NOT_MODELLED = (
    *("Metrics", "ThresholdMetricId", "ExtendedStatistic", "EvaluateLowSampleCountPercentile"),
    *("EvaluationWindow", "EvaluationCriteria", "EvaluationInterval", "WarmUpConfiguration"),
    "ActionConfiguration",
)
_OF_ANOMALIES = (
    *("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold"),
    "GreaterThanUpperThreshold",
)
_STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
_REQUIRED = (
    *("AlarmName", "ComparisonOperator", "EvaluationPeriods", "MetricName", "Namespace", "Period"),
    *("Statistic", "Threshold"),
)
_LENGTHS = {"AlarmName": 255, "AlarmDescription": 1024, "MetricName": 255, "Namespace": 255, "Dimensions": 30}
"""Characters, or members, at most."""
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")
_MAX_ACTIONS = 5
_HIGH_RESOLUTION = (10, 20, 30)
_HOUR, _DAY, _WEEK = 3600, 86_400, 604_800
SCALING_POLICY = re.compile(
    r"arn:[\w-]+:autoscaling:(?P<region>[\w-]+):\d{12}:scalingPolicy:[\w-]+:resource/ecs/.+:policyName/.+"
)
TOPIC = re.compile(r"arn:[\w-]+:sns:(?P<region>[\w-]+):\d{12}:[\w.-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def alarm(given: Mapping[str, Any], place: Place) -> None:
    """Check a request."""
    for name in _NOT_MODELLED:
        if given.get(name) not in (None, [], {}):
            raise NotModelledError(f"alarms with {name}")
    for name in _REQUIRED:
        if given.get(name) in (None, ""):
            raise MissingParameterError(f"The parameter {name} is required.")
    _names(given)
    _comparison(given)
    _periods(given)
    for name in ACTIONS:
        _actions(name, given.get(name) or [], place)


def _names(given: Mapping[str, Any]) -> None:
    for name, most in _LENGTHS.items():
        if len(given.get(name) or "") > most:
            raise ConstraintError(given[name], _camel(name), f"have length less than or equal to {most}")
    if _CONTROL.search(given["AlarmName"]):
        raise ValidationError("The alarm name must not contain ASCII control characters.")
    if given["Namespace"].startswith(":"):
        raise ConstraintError(given["Namespace"], "namespace", "satisfy regular expression pattern: [^:].*")


def _comparison(given: Mapping[str, Any]) -> None:
    if given["ComparisonOperator"] in _OF_ANOMALIES:
        raise NotModelledError("alarms on models of anomalies")
    for name, allowed in (
        ("ComparisonOperator", tuple(OPERATORS)),
        ("Statistic", _STATISTICS),
        ("Unit", UNITS),
    ):
        value = given.get(name)
        if value is not None and value not in allowed:
            raise ConstraintError(value, _camel(name), f"satisfy enum value set: [{', '.join(allowed)}]")
    treatment = given.get("TreatMissingData")
    if treatment is not None and treatment not in TREATMENTS:
        raise ValidationError(
            f"The value {treatment} is not supported for TreatMissingData parameter. Supported values are "
            f"[{', '.join(TREATMENTS)}]."
        )


def _periods(given: Mapping[str, Any]) -> None:
    period, count = given["Period"], given["EvaluationPeriods"]
    enough = given.get("DatapointsToAlarm")
    for name, value in (("Period", period), ("EvaluationPeriods", count), ("DatapointsToAlarm", enough)):
        if value is not None and value < 1:
            raise ConstraintError(value, _camel(name), "have value greater than or equal to 1")
    if period not in _HIGH_RESOLUTION and period % 60:
        raise ValidationError("Period must be 10, 20, 30 or a multiple of 60")
    if enough is not None and enough > count:
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    if period < _HOUR and period * count > _DAY:
        raise ValidationError(
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= "
            f"{_DAY}) for alarms using period < {_HOUR}"
        )
    if period * count > _WEEK:
        raise ValidationError(
            "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= "
            f"{_WEEK}) for alarms using period >= {_HOUR}"
        )


def _actions(name: str, arns: list[str], place: Place) -> None:
    if len(arns) > _MAX_ACTIONS:
        raise ConstraintError(arns, _camel(name), f"have length less than or equal to {_MAX_ACTIONS}")
    for arn in arns:
        found = SCALING_POLICY.fullmatch(arn) or TOPIC.fullmatch(arn)
        if found is None and not arn.startswith("arn:"):
            raise ValidationError(f"Invalid arn syntax: {arn}")
        if found is None:
            raise NotModelledError(f"the action {arn}: only ECS services' scaling policies and SNS topics")
        if found["region"] != place.region:
            raise ValidationError(
                f"Invalid region {found['region']} specified. Only {place.region} is supported."
            )


def _camel(name: str) -> str:
    return name[0].lower() + name[1:]
