"""Scaling of a service's tasks by the number of workers that its group needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.services import scaling
from ..model.services.scaling import Scaling, Step

NAMESPACE = "ecs"


@dataclass(frozen=True, kw_only=True)
class AutoscalingArgs:
    """What an `Autoscaling` is made from."""

    cluster_name: pulumi.Input[str]
    """Name of the ECS cluster."""
    service_name: pulumi.Input[str]
    """Name of the ECS service."""
    group: str
    """The service by which the metric names it."""
    scaling: Scaling
    """Between which numbers."""


class Autoscaling(Component):
    """Makes a scalable target, two step scaling policies, and two high-resolution alarms that invoke them.

    AWS makes its service-linked role for ECS services where the account has none yet.

    While more than the minimum of workers is needed, the policy `out` sets as many, also fewer than before;
    else the policy `in` sets the minimum. Without data nothing is scaled.
    """

    def __init__(self, name: str, args: AutoscalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        bounds, target = args.scaling, self._target()
        more = self._policy("out", target, scaling.steps(bounds))
        fewer = self._policy("in", target, [Step(lower=None, upper=0, capacity=bounds.minimum)])
        self._alarm("out", more, "GreaterThanOrEqualToThreshold", bounds.minimum + 1)
        self._alarm("in", fewer, "LessThanOrEqualToThreshold", bounds.minimum)
        self._register()

    def _target(self) -> aws.appautoscaling.Target:
        args = self._args
        minimum, maximum = args.scaling.bounds
        asleep = args.scaling.asleep
        return aws.appautoscaling.Target(
            self._name,
            service_namespace=NAMESPACE,
            resource_id=pulumi.Output.concat("service/", args.cluster_name, "/", args.service_name),
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=minimum,
            max_capacity=maximum,
            suspended_state={
                "dynamic_scaling_in_suspended": asleep,
                "dynamic_scaling_out_suspended": asleep,
                "scheduled_scaling_suspended": asleep,
            },
            opts=self._child(),
        )

    def _policy(
        self,
        kind: str,
        target: aws.appautoscaling.Target,
        steps: Sequence[Step],
    ) -> aws.appautoscaling.Policy:
        return aws.appautoscaling.Policy(
            f"{self._name}-{kind}",
            policy_type="StepScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            step_scaling_policy_configuration={
                "adjustment_type": "ExactCapacity",
                "cooldown": scaling.COOLDOWN_SECONDS,
                "metric_aggregation_type": "Maximum",
                "step_adjustments": [_adjustment(step) for step in steps],
            },
            opts=self._child(),
        )

    def _alarm(self, kind: str, policy: aws.appautoscaling.Policy, comparison: str, threshold: int) -> None:
        args = self._args
        namespace = pulumi.Output.from_input(args.cluster_name).apply(scaling.namespace)
        aws.cloudwatch.MetricAlarm(
            f"{self._name}-{kind}",
            alarm_description=f"Scales {args.group} {kind}; see the policy that it invokes",
            namespace=namespace,
            metric_name=scaling.METRIC,
            dimensions={scaling.DIMENSION: args.group},
            # Two schedulers publish the same number.
            statistic="Maximum",
            period=scaling.PERIOD_SECONDS,
            evaluation_periods=1,
            comparison_operator=comparison,
            threshold=threshold,
            treat_missing_data="missing",
            alarm_actions=[policy.arn],
            opts=self._child(),
        )


def _adjustment(step: Step) -> aws.appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustmentArgsDict:
    found: aws.appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustmentArgsDict
    found = {"scaling_adjustment": step.capacity}
    if step.lower is not None:
        found["metric_interval_lower_bound"] = str(step.lower)
    if step.upper is not None:
        found["metric_interval_upper_bound"] = str(step.upper)
    return found
