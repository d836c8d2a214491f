"""A stack as a Mermaid diagram, rendered from the resources of the program.

Arrows are the rules of the security groups, so what has no arrow cannot be reached.
https://mermaid.js.org/syntax/flowchart.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from components.model.aws import fargate
from components.model.brokers.broker import BROKER
from components.model.pricing.fargate_tasks import MIB_PER_GB, spot_label, spot_share
from components.model.rendered import Rendered, containers, listed, of_kind
from components.model.services import ecs_task
from components.model.services.ingress import LOAD_BALANCER, NETWORK_LOAD_BALANCER
from components.model.services.service import DATABASE
from components.model.workload.traffic_rules import TrafficRule

HEAD: Final = "flowchart TB"
INGRESS: Final = "vpc/SecurityGroupIngressRule"
REGIONAL: Final = {
    "s3/Bucket": ("S3", "bucket", "buckets"),
    "secretsmanager/Secret": ("Secrets Manager", "secret", "secrets"),
    "cloudwatch/LogGroup": ("CloudWatch Logs", "log group", "log groups"),
    "cloudwatch/MetricAlarm": ("CloudWatch", "alarm", "alarms"),
    "ecr/Repository": ("ECR", "repository", "repositories"),
    "dynamodb/Table": ("DynamoDB", "table", "tables"),
    "efs/FileSystem": ("EFS", "file system", "file systems"),
    "sqs/Queue": ("SQS", "queue", "queues"),
}
"""Regional services, by resource type: the service's name, and its resources' name for one and for many."""


def render(resources: Sequence[Rendered]) -> str:
    """Render a stack as Mermaid text."""
    inside = [
        *_balancers(resources),
        *_group("ecs", "ECS on Fargate", _services(resources)),
        *_data_stores(resources),
    ]
    lines = [*_group("vpc", _network(resources), inside), *_outside(resources), *_arrows(resources)]
    return "\n".join([HEAD, *(f"  {line}" for line in lines)]) + "\n"


def _group(name: str, title: str, lines: Iterable[str]) -> list[str]:
    return [f'subgraph {name}["{title}"]', *(f"  {line}" for line in lines), "end"]


def _network(resources: Sequence[Rendered]) -> str:
    cidrs = [str(one.inputs["cidrBlock"]) for one in of_kind(resources, "ec2/Vpc")]
    if not cidrs:
        return "existing VPC"
    zones = {one.inputs.get("availabilityZone") for one in of_kind(resources, "ec2/Subnet")}
    gateways = len([*of_kind(resources, "ec2/NatGateway")])
    nat = f"{gateways} NAT gateway{'s' * (gateways != 1)}" if gateways else "no NAT"
    return f"VPC {' '.join(cidrs)}, {len(zones)} zones, {nat}"


def _balancers(resources: Sequence[Rendered]) -> list[str]:
    return [
        _node(
            NETWORK_LOAD_BALANCER if _is_network(one) else LOAD_BALANCER,
            "{{",
            "Network Load Balancer" if _is_network(one) else "load balancer",
            "internal" if one.inputs.get("internal") else "public",
        )
        for one in of_kind(resources, "lb/LoadBalancer")
    ]


def _is_network(balancer: Rendered) -> bool:
    return balancer.inputs.get("loadBalancerType") == "network"


def _services(resources: Sequence[Rendered]) -> list[str]:
    tasks = {one.name: one for one in of_kind(resources, "ecs/TaskDefinition")}
    services = {one.name: one for one in of_kind(resources, "ecs/Service")}
    targets = {one.name: one.inputs for one in of_kind(resources, "appautoscaling/Target")}
    scheduled = {one.name for one in of_kind(resources, "scheduler/Schedule")}
    clusters = [one.name for one in of_kind(resources, "ecs/Cluster")]
    nodes: list[str] = []
    for name, task in sorted(tasks.items()):
        size = _size(task.inputs)
        service = services.get(name)
        service_name = _service_name(name, clusters)
        if service is None:
            when = _when(service_name, on_schedule=name in scheduled)
            nodes.append(_node(service_name, "[[", service_name, f"{when}, {size}"))
            continue
        count = service.inputs.get("desiredCount", 1)
        spot = spot_label(spot_share(listed(service.inputs.get("capacityProviderStrategies")), count))
        title = " + ".join(one["name"] for one in containers(task)) or service_name
        nodes.append(_node(service_name, "[", title, f"{_count(count, targets.get(name))} x {size}{spot}"))
    return nodes


def _when(service_name: str, *, on_schedule: bool) -> str:
    """Write when a one-off task is started."""
    if service_name == ecs_task.NAME:
        return "for each Airflow task"
    return "on a schedule" if on_schedule else "once per deployment"


def _count(count: float, target: Mapping[str, Any] | None) -> str:
    """Write how many tasks run; where they are scaled, from and to."""
    return f"{count:g}" if target is None else f"{target['minCapacity']:g} to {target['maxCapacity']:g}"


def _service_name(task: str, clusters: Iterable[str]) -> str:
    """Give what a task runs: its resource has its cluster's name, and then the service's."""
    cluster = max((one for one in clusters if task.startswith(f"{one}-")), key=len, default="")
    return task.removeprefix(f"{cluster}-")


def _size(inputs: Mapping[str, Any]) -> str:
    if not {"cpu", "memory"} <= inputs.keys():
        return "default size"
    vcpu, gb = int(inputs["cpu"]) / fargate.CPU_UNITS_PER_VCPU, int(inputs["memory"]) / MIB_PER_GB
    return f"{vcpu:g} vCPU, {gb:g} GB"


def _data_stores(resources: Sequence[Rendered]) -> list[str]:
    databases = [
        _node(
            DATABASE,
            "[(",
            "RDS PostgreSQL",
            f"{one.inputs['instanceClass']}, {'two zones' if one.inputs.get('multiAz') else 'one zone'}",
        )
        for one in of_kind(resources, "rds/Instance")
    ]
    brokers = [
        _node(
            BROKER,
            "[(",
            f"ElastiCache {one.inputs['engine']}",
            f"{one.inputs['numCacheClusters']:g} x {one.inputs['nodeType']}",
        )
        for one in of_kind(resources, "elasticache/ReplicationGroup")
    ]
    brokers += [
        _node(
            BROKER,
            "[(",
            f"Amazon MQ {one.inputs['engineType']}",
            f"{3 if 'CLUSTER' in one.inputs['deploymentMode'] else 1} x {one.inputs['hostInstanceType']}",
        )
        for one in of_kind(resources, "mq/Broker")
    ]
    return [*databases, *brokers]


def _outside(resources: Sequence[Rendered]) -> list[str]:
    lines: list[str] = []
    for kind, (service, singular, plural) in REGIONAL.items():
        count = len([*of_kind(resources, kind)])
        if count:
            lines.append(f"{service}: {count} {singular if count == 1 else plural}")
    return [_node("regional", "[(", "regional services", "<br/>".join(lines)), "ecs -.-> regional"]


def _arrows(resources: Sequence[Rendered]) -> list[str]:
    """Render each permitted connection as an arrow; networks of users are nodes of their own."""
    arrows: set[str] = set()
    network = any(_is_network(one) for one in of_kind(resources, "lb/LoadBalancer"))
    ingress = NETWORK_LOAD_BALANCER if network else LOAD_BALANCER
    for rule in of_kind(resources, INGRESS):
        port = int(rule.inputs.get("fromPort", 0))
        if cidr := rule.inputs.get("cidrIpv4"):
            users = re.sub(r"\W+", "-", f"users-in-{cidr}")
            arrows.add(f'{users}(["users in {cidr}"]) -->|{port}| {ingress}')
        elif known := TrafficRule.described(str(rule.inputs.get("description", "")), port):
            arrows.add(f"{known.source} -->|{port}| {known.target}")
    return sorted(arrows)


def _node(name: str, shape: str, title: str, detail: str) -> str:
    ends = {"[": "]", "[[": "]]", "[(": ")]", "{{": "}}"}
    return f'{name}{shape}"<b>{title}</b><br/>{detail}"{ends[shape]}'
