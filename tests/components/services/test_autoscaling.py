"""`AirflowService` with a scaled group, under mocks: scalable target, policies and alarms."""

from dataclasses import replace
from typing import Any

import pytest

from components.model.services.scaling import Scaling
from components.services.airflow_service import AirflowService, AirflowServiceArgs
from embedded_aws.account.application_auto_scaling import checks
from tests.components.tasks import SERVICES, placed, task_args
from tests.helpers.pulumi_mocks import Recording, record

BOUNDS = Scaling(minimum=2, maximum=5)
TARGET, POLICY, ALARM = "appautoscaling/target:Target", "appautoscaling/policy:Policy", "MetricAlarm"
SERVICE = "ecs/service:Service"


def _recorded(scaling: Scaling | None = BOUNDS) -> Recording:
    service = replace(SERVICES["worker"], count=scaling.bounds[0] if scaling else 1, scaling=scaling)

    def build() -> None:
        args = AirflowServiceArgs(
            task=placed(task_args(service)),
            namespace_id="namespace",
            target_group_arn=None,
            settling_seconds=60,
        )
        AirflowService("s", args)

    return record(build)


def test_a_service_that_is_scaled_in_full() -> None:
    """From its minimum to its maximum; as many as are needed, and the minimum where no more are."""
    recording = _recorded()
    assert recording.one(TARGET).inputs == {
        "maxCapacity": 5,
        "minCapacity": 2,
        "resourceId": "service/air/s",
        "scalableDimension": "ecs:service:DesiredCount",
        "serviceNamespace": "ecs",
        "suspendedState": {
            "dynamicScalingInSuspended": False,
            "dynamicScalingOutSuspended": False,
            "scheduledScalingSuspended": False,
        },
    }
    assert {one.name: _steps(one.inputs) for one in recording.all(POLICY)} == {
        "s-out": [("0", "1", 3), ("1", "2", 4), ("2", None, 5)],
        "s-in": [(None, "0", 2)],
    }
    alarms = {one.name: one.inputs for one in recording.all(ALARM)}
    common = {
        "dimensions": {"ServiceName": "worker"},
        "evaluationPeriods": 1,
        "metricName": "WorkersNeeded",
        "namespace": "airflow-ecs/air",
        "period": 10,
        "statistic": "Maximum",
        "treatMissingData": "missing",
    }
    conditions = {"s-out": ("GreaterThanOrEqualToThreshold", 3), "s-in": ("LessThanOrEqualToThreshold", 2)}
    for name, (comparison, threshold) in conditions.items():
        (action,) = alarms[name].pop("alarmActions")
        assert action.endswith(f"Policy/{name}")
        assert alarms[name].pop("alarmDescription").startswith("Scales worker ")
        assert alarms[name] == {**common, "comparisonOperator": comparison, "threshold": threshold}


def _steps(policy: Any) -> list[tuple[str | None, str | None, int]]:
    given = policy["stepScalingPolicyConfiguration"]
    assert (given["adjustmentType"], given["metricAggregationType"]) == ("ExactCapacity", "Maximum")
    assert given["cooldown"] == 60
    return [
        (one.get("metricIntervalLowerBound"), one.get("metricIntervalUpperBound"), one["scalingAdjustment"])
        for one in given["stepAdjustments"]
    ]


@pytest.mark.parametrize("bounds", [BOUNDS, Scaling(minimum=0, maximum=100)])
def test_aws_takes_the_steps(bounds: Scaling) -> None:
    """Without gaps, and at most as many as it allows; by the checks of the embedded account."""
    for policy in _recorded(bounds).all(POLICY):
        checks.step_scaling(
            {
                "AdjustmentType": "ExactCapacity",
                "StepAdjustments": [
                    {
                        **({} if lower is None else {"MetricIntervalLowerBound": float(lower)}),
                        **({} if upper is None else {"MetricIntervalUpperBound": float(upper)}),
                        "ScalingAdjustment": capacity,
                    }
                    for lower, upper, capacity in _steps(policy.inputs)
                ],
            }
        )


def test_the_count_is_the_scalers() -> None:
    """Neither `up` nor a refresh changes it; the rollout sets it only where it is out of bounds."""
    recording = _recorded()
    assert recording.one(SERVICE).ignore_changes == ("desiredCount",)
    rollout = recording.one("Rollout").inputs
    assert (rollout["desired_count"], rollout["maximum_count"], rollout["scaled_externally"]) == (2, 5, True)


def test_asleep_the_target_is_suspended_and_bound_to_zero_before_the_count_is() -> None:
    """Policies and alarms stay as they are; without data they do nothing."""
    awake, asleep = _recorded(), _recorded(replace(BOUNDS, asleep=True))
    target = asleep.one(TARGET)
    assert (target.inputs["minCapacity"], target.inputs["maxCapacity"]) == (0, 0)
    assert set(target.inputs["suspendedState"].values()) == {True}
    assert target.urn in asleep.one("Rollout").dependencies
    for kind in (POLICY, ALARM):
        assert [one.inputs for one in asleep.all(kind)] == [one.inputs for one in awake.all(kind)]


def test_a_fixed_count_is_scaled_by_nobody() -> None:
    """No target, no policy, no alarm."""
    recording = _recorded(None)
    assert not [*recording.all(TARGET), *recording.all(POLICY), *recording.all(ALARM)]
