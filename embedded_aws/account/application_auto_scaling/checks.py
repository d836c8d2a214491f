"""What RegisterScalableTarget and PutScalingPolicy refuse.

https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html,
https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html
"""

from __future__ import annotations

import itertools
import math
import re
from typing import TYPE_CHECKING, Any, Final

from moto.applicationautoscaling.exceptions import AWSValidationException

from embedded_aws.account.application_auto_scaling.steps import ADJUSTMENT_TYPES, AGGREGATIONS, EXACT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_STEPS: Final = 20
"""https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-limits.html"""
_MAX_NAME: Final = 256
_PRINT: Final = re.compile(r"[^\x00-\x1f\x7f]+")


def capacities(minimum: int | None, maximum: int | None) -> None:
    """Check minimum and maximum of a target, as they are after a request."""
    if minimum is None or maximum is None:
        raise AWSValidationException(
            "MinCapacity and MaxCapacity are required when registering a new scalable target"
        )
    if minimum < 0 or maximum < 0:
        raise AWSValidationException("Minimum and maximum capacity must not be negative")
    if minimum > maximum:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity")


def policy_name(given: str) -> None:
    """Check the name of a policy."""
    if len(given) > _MAX_NAME or not _PRINT.fullmatch(given):
        raise AWSValidationException(
            f"1 validation error detected: Value '{given}' at 'policyName' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: \p{Print}+"
        )


def step_scaling(given: Mapping[str, Any]) -> None:
    """Check the configuration of a step scaling policy."""
    for name, allowed in (("AdjustmentType", ADJUSTMENT_TYPES), ("MetricAggregationType", AGGREGATIONS)):
        value = given.get(name)
        if value not in allowed and (value is not None or name == "AdjustmentType"):
            raise AWSValidationException(
                f"1 validation error detected: Value '{value}' at 'stepScalingPolicyConfiguration."
                f"{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must satisfy enum value "
                f"set: [{', '.join(sorted(allowed))}]"
            )
    if (given.get("Cooldown") or 0) < 0:
        raise AWSValidationException("Cooldown must be greater than or equal to 0")
    steps: Sequence[Mapping[str, Any]] = given.get("StepAdjustments") or []
    if not steps:
        raise AWSValidationException("At least one StepAdjustment is required")
    if len(steps) > _MAX_STEPS:
        raise AWSValidationException(
            f"There can be at most {_MAX_STEPS} step adjustments per scaling policy."
        )
    for step in steps:
        if given["AdjustmentType"] == EXACT and step["ScalingAdjustment"] < 0:
            raise AWSValidationException(
                "ScalingAdjustment must be non-negative when the adjustment type is ExactCapacity"
            )
    _bounds(steps)


def _bounds(steps: Sequence[Mapping[str, Any]]) -> None:
    """Refuse ranges that overlap, leave a gap, or do not reach as far as they must."""
    ranges: list[tuple[float, float]] = []
    for step in steps:
        lower, upper = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
        if lower is None and upper is None:
            raise AWSValidationException(
                "Both lower and upper bounds of a step adjustment cannot be left unspecified"
            )
        ranges.append((-math.inf if lower is None else lower, math.inf if upper is None else upper))
    for lower, upper in ranges:
        if lower >= upper:
            raise AWSValidationException(
                f"The upper bound of a StepAdjustment must be greater than its lower bound: {lower}, {upper}"
            )
    for side, name, far in ((0, "lower", -math.inf), (1, "upper", math.inf)):
        ends = [one[side] for one in ranges]
        if ends.count(far) > 1:
            raise AWSValidationException(
                f"At most one StepAdjustment can have an unspecified {name} bound "
                f"(i.e., {name} bound is null)"
            )
        if far not in ends and any(end * far > 0 for end in ends):
            sign = "negative" if name == "lower" else "positive"
            raise AWSValidationException(
                f"There must be a StepAdjustment with an unspecified {name} bound "
                f"(i.e., {name} bound is null) when one StepAdjustment has a {sign} {name} bound"
            )
    ordered = sorted(ranges)
    for (_, upper), (lower, _) in itertools.pairwise(ordered):
        if upper != lower:
            wrong = "overlap" if upper > lower else "have a gap"
            raise AWSValidationException(
                f"StepAdjustment ranges can't {wrong}: one ends at {upper}, the next begins at {lower}"
            )
