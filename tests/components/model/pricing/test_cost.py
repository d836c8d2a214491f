"""Each priced kind by itself, against amounts computed by hand from the list price."""

from typing import Any

import pytest

from components.model.pricing.cost import bill
from components.model.pricing.priced_resources import PRICED
from components.model.rendered import UNKNOWN, Rendered


def _one(kind: str, **inputs: Any) -> Rendered:
    service, name = kind.split("/")
    return Rendered(type=f"aws:{service}/x:{name}", name="it", inputs=inputs)


TASK = {"family": "it", "cpu": "512", "memory": "1024"}
ARM = {"runtimePlatform": {"cpuArchitecture": "ARM64"}}
FARGATE = {"launchType": "FARGATE", "taskDefinition": UNKNOWN}
SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 3}, {"capacityProvider": "FARGATE", "weight": 1}]
SPOT_AFTER_ONE = [SPOT[0], {**SPOT[1], "base": 1}]
PUBLIC = {"networkConfiguration": {"assignPublicIp": True}}
X86 = (0.5 * 0.04048 + 0.004445) * 730

BY_HAND = [
    ([_one("ecs/TaskDefinition", **TASK), _one("ecs/Service", desiredCount=2, **FARGATE)], 2 * X86),
    ([_one("ecs/TaskDefinition", **TASK), _one("ecs/Service", desiredCount=0, **FARGATE)], 0),
    (
        [_one("ecs/TaskDefinition", **TASK, **ARM), _one("ecs/Service", desiredCount=1, **FARGATE)],
        (0.5 * 0.03238 + 0.00356) * 730,
    ),
    (
        [
            _one("ecs/TaskDefinition", **TASK),
            _one("ecs/Service", desiredCount=1, capacityProviderStrategies=SPOT),
        ],
        X86 * (0.75 * 0.32 + 0.25),
    ),
    (
        [
            _one("ecs/TaskDefinition", **TASK),
            _one("ecs/Service", desiredCount=5, capacityProviderStrategies=SPOT_AFTER_ONE),
        ],
        X86 * (3 * 0.32 + 2),
    ),
    (
        [
            _one("ecs/TaskDefinition", **TASK, ephemeralStorage={"sizeInGib": 100}),
            _one("ecs/Service", desiredCount=2, **FARGATE),
        ],
        2 * (X86 + 80 * 0.000111 * 730),
    ),
    (
        [_one("ecs/TaskDefinition", **TASK), _one("ecs/Service", desiredCount=3, **FARGATE, **PUBLIC)],
        3 * (X86 + 3.65),
    ),
    ([_one("rds/Instance", instanceClass="db.t4g.micro", allocatedStorage=20)], 0.016 * 730 + 20 * 0.115),
    (
        [
            _one(
                "rds/Instance",
                instanceClass="db.t4g.micro",
                allocatedStorage=20,
                manageMasterUserPassword=True,
            )
        ],
        0.016 * 730 + 20 * 0.115 + 0.40,
    ),
    (
        [_one("rds/Instance", instanceClass="db.t4g.small", allocatedStorage=50, multiAz=True)],
        2 * (0.032 * 730 + 50 * 0.115),
    ),
    ([_one("elasticache/ReplicationGroup", nodeType="cache.t4g.micro", numCacheClusters=1)], 11.68),
    (
        [
            _one(
                "elasticache/ReplicationGroup",
                nodeType="cache.t4g.micro",
                numCacheClusters=2,
                engine="valkey",
            )
        ],
        2 * 0.0128 * 730,
    ),
    ([_one("lb/LoadBalancer", subnets=[UNKNOWN, UNKNOWN])], 16.425 + 2 * 3.65),
    ([_one("lb/LoadBalancer", subnets=["a", "b"], internal=True)], 16.425),
    (
        [
            _one(
                "lb/LoadBalancer",
                loadBalancerType="network",
                subnetMappings=[
                    {"subnetId": "a", "allocationId": UNKNOWN},
                    {"subnetId": "b", "allocationId": "e"},
                ],
            ),
            _one("ec2/Eip"),
        ],
        16.425 + 3.65,
    ),
    ([_one("ec2/NatGateway")], 32.85),
    ([_one("ec2/Eip")], 3.65),
    ([_one("ec2/VpcEndpoint", vpcEndpointType="Interface", subnetIds=["a", "b"])], 14.6),
    ([_one("ec2/VpcEndpoint", vpcEndpointType="Gateway")], 0),
    ([_one("secretsmanager/Secret")] * 3, 1.2),
    ([_one("kms/Key")], 1),
    (
        [_one("mq/Broker", hostInstanceType="mq.m5.xlarge", deploymentMode="CLUSTER_MULTI_AZ")],
        3 * 0.576 * 730,
    ),
    ([_one("wafv2/WebAcl", rules=[{}, {}])], 7),
    ([_one("cloudwatch/MetricAlarm")] * 4, 0.4),
    (
        [
            _one(
                "cloudwatch/MetricAlarm", period=10, namespace="mine", metricName="m", dimensions={"a": each}
            )
            for each in ("x", "x", "y", "y")
        ],
        4 * 0.3 + 2 * 0.3,
    ),
    ([_one("s3/Bucket"), _one("cloudwatch/LogGroup"), _one("ecr/Repository"), _one("sqs/Queue")], 0),
]


@pytest.mark.parametrize(("resources", "amount"), BY_HAND, ids=lambda value: str(value)[:60])
def test_a_kind_costs_what_the_price_list_has(resources: list[Rendered], amount: float) -> None:
    """Nothing is unknown, and the sum is that of a calculation by hand."""
    total = bill(resources, "us-east-1")
    assert total.unknown == []
    assert total.usd_month == pytest.approx(amount, abs=0.01)


def test_scaled_tasks_cost_by_use_and_their_metric_by_the_request() -> None:
    """The minimum is an amount, what may come on top a price per hour; each scheduler asks by itself."""
    scaled_groups = [{"name": "AIRFLOW_ECS_SCALED_GROUPS", "value": '{"worker": {}}'}]
    publisher = [{"name": "scheduler"}, {"name": "metrics", "environment": scaled_groups}]
    scaled = [
        _one("ecs/TaskDefinition", **TASK),
        _one("ecs/Service", desiredCount=1, **FARGATE),
        _one("appautoscaling/Target", minCapacity=1, maxCapacity=10),
    ]
    found = {line.item: (line.usd_month, line.note) for line in bill(scaled, "us-east-1").lines}
    assert found["up to 9 tasks more"] == (None, "$0.0247 per hour and task")
    schedulers = [
        _one("ecs/TaskDefinition", **TASK, containerDefinitions=publisher),
        _one("ecs/Service", desiredCount=2, **FARGATE),
    ]
    amounts = {line.item: line.usd_month for line in bill(schedulers, "us-east-1").lines}
    assert amounts["525,600 x PutMetricData"] == pytest.approx(5.256)


def test_every_priced_kind_gives_a_line() -> None:
    """An empty resource of the kind is enough, but for a cluster, which costs nothing without insights."""
    for kind in PRICED:
        lines = bill(
            [_one(kind, settings=[{"name": "containerInsights", "value": "enabled"}])], "us-east-1"
        ).lines
        assert lines, kind


def test_what_is_not_in_the_table_is_not_guessed() -> None:
    """An unknown kind, class or region is a line of its own that says so."""
    strangers = [
        _one("braket/Job"),
        _one("rds/Instance", instanceClass="db.x9.huge", allocatedStorage=20),
        _one("ecs/Service", desiredCount=1),
    ]
    total = bill(strangers, "us-east-1")
    assert [line.resource for line in total.unknown] == ["it", "it", "it"]
    assert total.usd_month == pytest.approx(20 * 0.115)


def test_the_task_definition_is_found_by_its_family() -> None:
    """Where the ARN is known it decides, whatever the names are."""
    small = Rendered(type="aws:ecs/x:TaskDefinition", name="a", inputs=TASK)
    large = Rendered(
        type="aws:ecs/x:TaskDefinition", name="b", inputs=TASK | {"family": "big", "cpu": "1024"}
    )
    arn = "arn:aws:ecs:us-east-1:1:task-definition/big:7"
    total = bill([small, large, _one("ecs/Service", desiredCount=1, taskDefinition=arn)], "us-east-1")
    assert "1 vCPU" in total.lines[0].item
