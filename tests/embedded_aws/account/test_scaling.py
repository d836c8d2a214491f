# pyright: basic
# boto3's answers have no types.
"""Application Auto Scaling changes the counts of ECS services, by step scaling policies that alarms invoke.

Not proved: when AWS itself takes a scaling activity as fulfilled, and target tracking and scheduled actions,
which the account stores only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.account.application_auto_scaling import service_linked_role
from embedded_aws.account.application_auto_scaling.activities import Activities, Activity
from embedded_aws.account.application_auto_scaling.decision import Bounds, Counts, Situation
from embedded_aws.account.application_auto_scaling.steps import StepScaling
from embedded_aws.account.authorization import Call, Place, service_needs

from .conftest import allow, wait

if TYPE_CHECKING:
    from .conftest import Stage

STEPS = "https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html"
ECS = "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html"
DEPLOYMENTS = (
    "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshoot-service-auto-scaling.html"
)
ACTIVITIES = "https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html"
BOUNDS = Bounds(0, 10)


def step(adjustment: int, lower: float | None = None, upper: float | None = None) -> dict[str, Any]:
    """A step adjustment."""
    bounds = {"MetricIntervalLowerBound": lower, "MetricIntervalUpperBound": upper}
    return {"ScalingAdjustment": adjustment} | {k: v for k, v in bounds.items() if v is not None}


def policy(kind: str = "ChangeInCapacity", *steps: dict[str, Any], **given: Any) -> StepScaling:
    """A policy."""
    return StepScaling.of({"AdjustmentType": kind, "StepAdjustments": list(steps), **given})


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="Above the threshold a step's lower bound is inclusive, its upper exclusive; below it the reverse.",
    source=STEPS,
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="The datapoints of the alarm are aggregated before they are compared with the bounds of steps.",
    source=STEPS,
)
def test_a_step_is_chosen_by_the_size_of_the_breach() -> None:
    """The example of the page: a threshold of 50 for both policies."""
    out = policy("PercentChangeInCapacity", step(0, 0, 10), step(10, 10, 20), step(30, 20))
    into = policy("PercentChangeInCapacity", step(0, -10, 0), step(-10, -20, -10), step(-30, None, -20))
    found = [out.adjustment([value], 50, above=True) for value in (50, 59.9, 60, 69.9, 70, 99)]
    assert found == [0, 0, 10, 10, 30, 30]
    found = [into.adjustment([value], 50, above=False) for value in (50, 40.1, 40, 30.1, 30, 1)]
    assert found == [0, 0, -10, -10, -30, -30]
    assert out.adjustment([40], 50, above=True) is None
    for aggregation, adjustment in (("Average", 10), ("Minimum", 0), ("Maximum", 30)):
        several = policy("ChangeInCapacity", *map(dict, out.steps), MetricAggregationType=aggregation)
        assert several.adjustment([50, 60, 70], 50, above=True) == adjustment


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="A percentage is rounded towards zero, but to 1 and to MinAdjustmentMagnitude at least.",
    source=STEPS,
)
@pytest.mark.parametrize(
    ("kind", "current", "adjustment", "least", "capacity"),
    [
        ("ChangeInCapacity", 3, 5, 0, 8),
        ("ChangeInCapacity", 3, -5, 0, 0),
        ("ExactCapacity", 3, 5, 0, 5),
        ("PercentChangeInCapacity", 10, 10, 0, 11),
        ("PercentChangeInCapacity", 11, 30, 0, 14),
        ("PercentChangeInCapacity", 13, -30, 0, 10),
        ("PercentChangeInCapacity", 3, 20, 0, 4),
        ("PercentChangeInCapacity", 3, -20, 0, 2),
        ("PercentChangeInCapacity", 4, 25, 2, 6),
        ("PercentChangeInCapacity", 4, -25, 2, 2),
        ("PercentChangeInCapacity", 0, 50, 0, 0),
        ("PercentChangeInCapacity", 0, 50, 1, 1),
        ("PercentChangeInCapacity", 4, 0, 2, 4),
    ],
)
def test_an_adjustment_makes_a_capacity(
    kind: str, current: int, adjustment: int, least: int, capacity: int
) -> None:
    """The examples of the page, and zero."""
    given = {"MinAdjustmentMagnitude": least} if least else {}
    assert policy(kind, **given).capacity(current, adjustment) == capacity


class Service:
    """A service at which tasks start and stop at once, on a clock of its own."""

    def __init__(self, count: int, bounds: Bounds = BOUNDS) -> None:
        self.count, self.bounds, self.now = count, bounds, 1000.0
        self.activities = Activities()

    def invoke(self, scaling: StepScaling, adjustment: int, **counts: Any) -> int | None:
        """Invoke a policy, and do what it asks for; return the new count."""
        state: dict[str, Any] = {"desired": self.count, "running": self.count, **counts}
        found = Counts(**state)
        decision = Situation(found, self.bounds, self.activities, self.now).decide(scaling, adjustment)
        if decision.desired is not None:
            self.count = decision.desired
            activity = Activity(
                resource_id="service/c/s", cause="", desired=self.count, out=decision.out, base=decision.base,
                cooldown_seconds=scaling.cooldown_seconds, start=self.now,
            )  # fmt: skip
            self.activities.begin(activity, self.now)
            activity.finish("Successful", "", self.now)
        return decision.desired


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="In the cooldown of a scale-out only a larger one scales, and what was added counts as part of it.",
    source=f"{STEPS}#step-scaling-cooldown",
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="The cooldown period is 300 seconds where a policy has none.",
    source=f"{STEPS}#step-scaling-cooldown",
)
def test_a_scale_out_counts_what_was_added_in_its_cooldown() -> None:
    """The example of the page: 2, then 3, which adds 1; the third adds nothing until the cooldown ends."""
    service, scaling = Service(2), policy()
    assert service.invoke(scaling, 2) == 4
    service.now += 60
    assert service.invoke(scaling, 2) is None
    assert service.invoke(scaling, 3) == 5
    service.now += 299
    assert service.invoke(scaling, 3) is None
    service.now += 1
    assert service.invoke(scaling, 3) == 8
    without = Service(2)
    assert [without.invoke(policy(Cooldown=0), 1) for _ in range(3)] == [3, 4, 5]


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="The cooldown of a scale-in blocks others; a scale-out ends it and scales at once.",
    source=f"{STEPS}#step-scaling-cooldown",
)
def test_a_scale_in_blocks_others_until_its_cooldown_ends() -> None:
    """A scale-out within it is immediate, and the next scale-in needs not wait."""
    service, scaling = Service(9), policy(Cooldown=60)
    assert service.invoke(scaling, -2) == 7
    service.now += 59
    assert service.invoke(scaling, -2) is None
    service.now += 1
    assert service.invoke(scaling, -2) == 5
    assert service.invoke(policy(Cooldown=0), 1) == 6
    assert service.invoke(scaling, -2) == 4


@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="A policy goes to the minimum and maximum capacity at most.",
)
@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="A count beyond the bounds is brought to the bound first; the opposite direction leaves it.",
    source=ECS,
)
@pytest.mark.parametrize(
    ("count", "adjustment", "desired"),
    [(3, 9, 6), (4, -9, 2), (1, 3, 2), (1, -1, None), (8, -1, 6), (8, 1, None), (6, 1, None), (2, -1, None)],
)
def test_a_policy_keeps_within_the_bounds(count: int, adjustment: int, desired: int | None) -> None:
    """Of 2 to 6."""
    assert Service(count, Bounds(2, 6)).invoke(policy(), adjustment) == desired


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="Running tasks are what a change starts from, as opposed to the desired count.",
    source=ECS,
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="During a deployment nothing scales in, and scale-outs go on.",
    source=DEPLOYMENTS,
)
@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="Suspended scaling in one direction leaves the other.",
)
def test_the_state_of_a_service_and_its_target_count() -> None:
    """Pending tasks, a deployment, and each kind of suspension."""
    assert Service(5).invoke(policy(), 4, running=3) == 7
    assert Service(5).invoke(policy(), 2, running=3) is None
    assert Service(5).invoke(policy(), -1, running=3) == 2
    assert Service(5).invoke(policy(), -1, deploying=True) is None
    assert Service(5).invoke(policy(), 1, deploying=True) == 6
    out, into = Bounds(0, 10, out_suspended=True), Bounds(0, 10, in_suspended=True)
    found = [Service(5, bounds).invoke(policy(), change) for bounds in (out, into) for change in (1, -1)]
    assert found == [None, 4, 6, None]
    exact = policy("ExactCapacity")
    assert [Service(5).invoke(exact, count) for count in (0, 5, 99)] == [0, None, 10]


class Scaled:
    """An ECS service with a scalable target, a policy and an alarm."""

    def __init__(self, stage: Stage, *, count: int = 0, least: int = 0, most: int = 3) -> None:
        self.stage = stage
        self.name = stage.serve(stage.definition("time.sleep(600)"), count=count)
        self.target = {
            "ServiceNamespace": "ecs",
            "ResourceId": f"service/stage/{self.name}",
            "ScalableDimension": "ecs:service:DesiredCount",
        }
        self.register(MinCapacity=least, MaxCapacity=most)

    def register(self, **given: Any) -> None:
        """Register or change the target."""
        self.stage.clients["application-autoscaling"].register_scalable_target(**self.target, **given)

    def put_policy(self, *steps: dict[str, Any], name: str = "p", **given: Any) -> str:
        """Create or change a policy; return its ARN."""
        configuration = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(steps), "Cooldown": 0}
        return self.stage.clients["application-autoscaling"].put_scaling_policy(
            **self.target,
            PolicyName=name,
            PolicyType="StepScaling",
            StepScalingPolicyConfiguration=configuration | given,
        )["PolicyARN"]

    def put_alarm(self, policy_arn: str, operator: str = "GreaterThanThreshold") -> str:
        """Create an alarm at 1 that invokes a policy, on a metric of its name; return the name."""
        alarm = self.stage.name("scaling")
        self.stage.cloudwatch.put_metric_alarm(
            AlarmName=alarm, Namespace="Tests", MetricName=alarm, Period=10, EvaluationPeriods=1,
            Statistic="Maximum", Threshold=1.0, ComparisonOperator=operator, TreatMissingData="ignore",
            AlarmActions=[policy_arn],
        )  # fmt: skip
        return alarm

    def put(self, alarm: str, value: float) -> None:
        """Publish a value for an alarm."""
        datum = {"MetricName": alarm, "Value": value, "StorageResolution": 1}
        self.stage.cloudwatch.put_metric_data(Namespace="Tests", MetricData=[datum])

    def desired(self) -> int:
        """Return the desired count; twice asked, since one answer may be from before."""
        return [self.stage.service(self.name)["desiredCount"] for _ in range(2)][-1]

    def until(self, count: int) -> None:
        """Wait for a desired count."""
        wait(lambda: self.desired() == count, lambda: (self.desired(), self.activities(not_scaled=True)))

    def activities(self, *, not_scaled: bool = False) -> list[dict[str, Any]]:
        """Return the activities, newest first."""
        found = self.stage.clients["application-autoscaling"].describe_scaling_activities(
            **self.target, IncludeNotScaledActivities=not_scaled
        )
        return found["ScalingActivities"]

    def close(self, *alarms: str) -> None:
        """Delete the alarms, which would go on, and the target."""
        self.stage.cloudwatch.delete_alarms(AlarmNames=list(alarms))
        self.stage.clients["application-autoscaling"].deregister_scalable_target(**self.target)


@pytest.mark.conformance(
    operation="application-autoscaling:DescribeScalingActivities",
    says="An activity names its cause and is successful when ECS has fulfilled the change.",
    source=ACTIVITIES,
)
@pytest.mark.conformance(
    operation="application-autoscaling:DescribeScalingActivities",
    says="Activities that did not scale are returned, with the reason, if they are asked for.",
    source=ACTIVITIES,
)
def test_a_service_scales_from_zero_to_its_maximum_and_back(stage: Stage) -> None:
    """One task at a time for as long as the alarm lasts; a scale-in to zero from another alarm."""
    scaled = Scaled(stage, most=2)
    out = scaled.put_alarm(scaled.put_policy(step(1, 0)))
    scaled.put(out, 5.0)
    scaled.until(2)
    reasons = [{"Code": "AlreadyAtMaxCapacity", "MaxCapacity": 2}]

    def refused() -> bool:
        scaled.put(out, 5.0)
        found = [one for one in scaled.activities(not_scaled=True) if one["StatusCode"] == "Failed"]
        return any(one["NotScaledReasons"] == reasons for one in found)

    wait(refused)
    wait(lambda: len(stage.tasks_of(scaled.name)) == 2)
    wait(lambda: {one["StatusCode"] for one in scaled.activities()} == {"Successful"}, scaled.activities)
    second, first = scaled.activities()
    descriptions = [one["Description"] for one in (first, second)]
    assert descriptions == ["Setting desired count to 1.", "Setting desired count to 2."]
    assert first["Cause"] == f"monitor alarm {out} in state ALARM triggered policy p"
    assert first["StatusMessage"] == (
        "Successfully set desired count to 1. Change successfully fulfilled by ecs."
    )
    stage.cloudwatch.delete_alarms(AlarmNames=[out])
    zero = scaled.put_policy(step(0, None, 0), name="zero", AdjustmentType="ExactCapacity")
    into = scaled.put_alarm(zero, "LessThanThreshold")
    scaled.put(into, 0.0)
    scaled.until(0)
    wait(lambda: not stage.tasks_of(scaled.name))
    scaled.close(into)


@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="A registration brings the capacity of a service within the new bounds.",
)
@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="What a request does not specify stays as it is.",
)
@pytest.mark.conformance(
    operation="application-autoscaling:DeregisterScalableTarget",
    says="The policies of a target are deleted with it.",
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="A policy that is changed keeps its ARN, and what a request does not specify.",
)
def test_a_target_has_bounds_and_policies(stage: Stage) -> None:
    """And a policy lists the alarms that invoke it."""
    scaling = stage.clients["application-autoscaling"]
    scaled = Scaled(stage, least=1)
    scaled.until(1)
    assert scaled.activities()[0]["Cause"] == "minimum capacity was set to 1"
    scaled.register(MinCapacity=0, SuspendedState={"DynamicScalingInSuspended": True})
    (target,) = scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[scaled.target["ResourceId"]]
    )["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    assert target["SuspendedState"] == {
        "DynamicScalingInSuspended": True,
        "DynamicScalingOutSuspended": False,
        "ScheduledScalingSuspended": False,
    }
    assert target["RoleARN"].endswith("/AWSServiceRoleForApplicationAutoScaling_ECSService")
    arn = scaled.put_policy(step(1, 0), Cooldown=30)
    alarm = scaled.put_alarm(arn)
    again = scaling.put_scaling_policy(
        **scaled.target,
        PolicyName="p",
        PolicyType="StepScaling",
        StepScalingPolicyConfiguration={"MetricAggregationType": "Maximum"},
    )
    assert (again["PolicyARN"], [one["AlarmName"] for one in again["Alarms"]]) == (arn, [alarm])
    (found,) = scaling.describe_scaling_policies(
        ServiceNamespace="ecs", ResourceId=scaled.target["ResourceId"]
    )["ScalingPolicies"]
    configuration = found["StepScalingPolicyConfiguration"]
    assert (configuration["Cooldown"], configuration["MetricAggregationType"]) == (30, "Maximum")
    scaled.close(alarm)
    listed = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId=scaled.target["ResourceId"])
    assert not listed["ScalingPolicies"]


@pytest.mark.conformance(
    operation="cloudwatch:SetAlarmState",
    says="A policy scales by the datapoints in StateReasonData, and not at all without them.",
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="Of policies that are invoked together, the one with the largest capacity counts.",
)
def test_a_state_that_is_set_scales_by_its_data(stage: Stage) -> None:
    """Two policies of one alarm, of which the larger counts."""
    scaled = Scaled(stage, most=9)
    small, large = scaled.put_policy(step(1, 0)), scaled.put_policy(step(2, 0, 5), step(4, 5), name="large")
    alarm = scaled.put_alarm(small)
    stage.cloudwatch.put_metric_alarm(
        AlarmName=alarm, Namespace="Tests", MetricName=alarm, Period=10, EvaluationPeriods=1,
        Statistic="Maximum", Threshold=1.0, ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore", AlarmActions=[small, large],
    )  # fmt: skip
    state: dict[str, Any] = {"AlarmName": alarm, "StateValue": "ALARM", "StateReason": "a test"}
    stage.cloudwatch.set_alarm_state(**state)

    def failures() -> list[str]:
        items = stage.cloudwatch.describe_alarm_history(AlarmName=alarm, HistoryItemType="Action")
        data = [json.loads(one["HistoryData"]) for one in items["AlarmHistoryItems"]]
        return [one["error"] for one in data if "StateReasonData" in one.get("error", "")]

    wait(failures)
    assert scaled.desired() == 0
    stage.cloudwatch.set_alarm_state(**state | {"StateValue": "OK"})
    data = json.dumps({"recentDatapoints": [7.0], "threshold": 1.0})
    stage.cloudwatch.set_alarm_state(**state, StateReasonData=data)
    scaled.until(4)
    scaled.close(alarm)


@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="Application Auto Scaling changes a service with the permissions of its service-linked role.",
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html",
)
@pytest.mark.conformance(
    operation="iam:PutRolePolicy",
    says="The policies of a service-linked role are the service's.",
    error="UnmodifiableEntity",
)
@pytest.mark.conformance(
    operation="iam:DeleteRole",
    says="A service-linked role is not deleted as other roles are.",
    error="UnmodifiableEntity",
)
def test_scaling_needs_the_service_linked_role(stage: Stage) -> None:
    """A count is not changed while there is no role, and the activity says so.

    Not proved: that AWS does not delete the role while it is in use.
    """
    scaled = Scaled(stage)
    role = "AWSServiceRoleForApplicationAutoScaling_ECSService"
    (attached,) = stage.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached["PolicyName"] == "AWSApplicationAutoscalingECSServicePolicy"
    for call, given in (
        (stage.iam.detach_role_policy, {"PolicyArn": attached["PolicyArn"]}),
        (stage.iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": "{}"}),
        (stage.iam.delete_role, {}),
    ):
        with pytest.raises(stage.iam.exceptions.UnmodifiableEntityException):
            call(RoleName=role, **given)
    arn = scaled.put_policy(step(1, 0))
    stage.iam.delete_service_linked_role(RoleName=role)
    alarm = scaled.put_alarm(arn)
    scaled.put(alarm, 5.0)
    failed = wait(scaled.activities)[0]
    assert (failed["StatusCode"], scaled.desired()) == ("Failed", 0)
    assert "not authorized to perform: ecs:UpdateService" in failed["StatusMessage"]
    scaled.register()
    scaled.until(1)
    scaled.close(alarm)


@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="Ranges of steps neither overlap nor leave a gap, and reach to infinity on their side.",
    source="https://docs.aws.amazon.com/autoscaling/application/APIReference/API_StepAdjustment.html",
    error="ValidationException",
)
@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "At least one StepAdjustment"),
        ([step(1)], "Both lower and upper bounds of a step adjustment cannot be left unspecified"),
        ([step(1, 0, 5)], "unspecified upper bound (i.e., upper bound is null) when one"),
        ([step(1, -5, 0)], "unspecified lower bound (i.e., lower bound is null) when one"),
        ([step(1, 0), step(2, 5)], "At most one StepAdjustment can have an unspecified upper bound"),
        ([step(1, 0, 5), step(2, 6)], "can't have a gap"),
        ([step(1, 0, 5), step(2, 4)], "can't overlap"),
        ([step(1, 5, 5), step(2, 5)], "must be greater than its lower bound"),
        ([*(step(1, one, one + 1) for one in range(20)), step(1, 20)], "at most 20 step adjustments"),
    ],
)
def test_wrong_steps_are_refused(registered: Scaled, steps: list[dict[str, Any]], message: str) -> None:
    """In AWS's words as far as they are known."""
    with pytest.raises(ClientError) as error:
        registered.put_policy(*steps)
    assert error.value.response["Error"]["Code"] == "ValidationException"
    assert message in error.value.response["Error"]["Message"]


@pytest.fixture(scope="module")
def registered(stage: Stage) -> Scaled:
    """A target whose service has no tasks."""
    return Scaled(stage)


@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="Minimum and maximum are needed, not negative, and in order; the service has to exist.",
    error="ValidationException",
)
@pytest.mark.conformance(
    operation="application-autoscaling:PutScalingPolicy",
    says="A policy needs a type of adjustment; an exact capacity is not negative.",
    error="ValidationException",
)
@pytest.mark.conformance(
    operation="application-autoscaling:DescribeScalingActivities",
    says="A scalable dimension needs a resource.",
    error="ValidationException",
)
def test_wrong_targets_and_policies_are_refused(registered: Scaled) -> None:
    """And nothing is changed."""
    scaling = registered.stage.clients["application-autoscaling"]
    ok: dict[str, Any] = {"MinCapacity": 0, "MaxCapacity": 1}
    nobody = registered.target | {"ResourceId": "service/stage/nobody"}
    for target, given in (
        (registered.target, {"MinCapacity": 4}),
        (registered.target, {"MinCapacity": -1}),
        (nobody, ok),
    ):
        with pytest.raises(scaling.exceptions.ValidationException):
            scaling.register_scalable_target(**target, **given)
    wrong: list[dict[str, Any]] = [
        {"AdjustmentType": "None"},
        {"AdjustmentType": "ExactCapacity"},
        {"Cooldown": -1},
    ]
    for given in wrong:
        with pytest.raises(scaling.exceptions.ValidationException):
            registered.put_policy(step(-1, 0), **given)
    with pytest.raises(scaling.exceptions.ValidationException):
        scaling.describe_scaling_activities(
            ServiceNamespace="ecs", ScalableDimension="ecs:service:DesiredCount"
        )
    (found,) = scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[registered.target["ResourceId"]]
    )["ScalableTargets"]
    assert (found["MinCapacity"], found["MaxCapacity"]) == (0, 3)


@pytest.mark.conformance(
    operation="application-autoscaling:RegisterScalableTarget",
    says="Who registers the first ECS service has to be allowed to create the service-linked role.",
    source="https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-service-linked-roles.html",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="A policy can allow metrics of a namespace only, by the condition key `cloudwatch:namespace`.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-namespace.html",
)
def test_what_calls_need_to_be_allowed(stage: Stage) -> None:
    """In an account without the role; and a role that may publish in one namespace."""
    place = Place("aws", "us-east-1", "000000000000")
    call = Call("application-autoscaling", "us-east-1", "RegisterScalableTarget", {"ServiceNamespace": "ecs"})
    registers, creates = service_needs.needs(call, place)
    assert registers.action == "application-autoscaling:RegisterScalableTarget"
    assert (creates.action, creates.resource) == (
        "iam:CreateServiceLinkedRole",
        service_linked_role.arn(place),
    )
    condition = {"StringEquals": {"cloudwatch:namespace": "Mine"}}
    role = stage.role(
        allow("cloudwatch:PutMetricData", Condition=condition),
        allow("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:mine"),
    )
    answers = stage.run(
        "import boto3, botocore.exceptions as e\n"
        "c = boto3.client('cloudwatch')\n"
        "data = [{'MetricName': 'm', 'Value': 1}]\n"
        "for call in (lambda: c.put_metric_data(Namespace='Mine', MetricData=data),\n"
        "    lambda: c.put_metric_data(Namespace='Other', MetricData=data),\n"
        "    lambda: c.describe_alarms(AlarmNames=['mine']), lambda: c.describe_alarms()):\n"
        "    try:\n        call(); print('yes')\n"
        "    except e.ClientError as error:\n        print(error.response['Error']['Code'])\n",
        task_role=role,
    )
    codes = [one.removesuffix("Exception") for one in stage.output(answers)]
    assert codes == ["yes", "AccessDenied", "yes", "AccessDenied"]
