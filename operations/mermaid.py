"""A stack as a Mermaid diagram, rendered from the resources of the program.

Arrows are the rules of the security groups, so what has no arrow cannot be reached.
https://mermaid.js.org/syntax/flowchart.html
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from components.model.pricing.fargate_tasks import CPU_UNITS_PER_VCPU, MIB_PER_GB
from components.model.pricing.rendered import Rendered, containers, listed, of_kind
from components.model.services.entrance import LOAD_BALANCER, NETWORK_LOAD_BALANCER

HEAD: Final = "flowchart TB"
INGRESS: Final = "vpc/SecurityGroupIngressRule"
REGIONAL: Final = {
    "s3/Bucket": ("S3", "bucket", "buckets"),
    "secretsmanager/Secret": ("Secrets Manager", "secret", "secrets"),
    "cloudwatch/LogGroup": ("CloudWatch Logs", "log group", "log groups"),
    "ecr/Repository": ("ECR", "repository", "repositories"),
    "efs/FileSystem": ("EFS", "file system", "file systems"),
    "sqs/Queue": ("SQS", "queue", "queues"),
}
"""Regional services, by resource type: the service's name, and its resources' name for one and for many."""


def render(resources: Sequence[Rendered]) -> str:
    """Render a stack as Mermaid text."""
    inside = [
        *_balancers(resources),
        *_group("ecs", "ECS on Fargate", _roles(resources)),
        *_stores(resources),
    ]
    lines = [*_group("vpc", _network(resources), inside), *_outside(resources), *_arrows(resources)]
    return "\n".join([HEAD, *(f"  {line}" for line in lines)]) + "\n"


def _group(name: str, title: str, lines: Iterable[str]) -> list[str]:
    return [f'subgraph {name}["{title}"]', *(f"  {line}" for line in lines), "end"]


def _network(resources: Sequence[Rendered]) -> str:
    subnets = [one for one in of_kind(resources, "ec2/Subnet") if "-public-" in one.name]
    gateways = len([*of_kind(resources, "ec2/NatGateway")])
    cidrs = [f" {one.inputs['cidrBlock']}" for one in of_kind(resources, "ec2/Vpc")]
    nat = f"{gateways} NAT gateway{'s' * (gateways != 1)}" if gateways else "no NAT"
    zones = f", {len(subnets)} zones, {nat}" if subnets else ""
    kind = "VPC" if subnets else "existing VPC"
    return f"{kind}{''.join(cidrs)}{zones}"


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


def _roles(resources: Sequence[Rendered]) -> list[str]:
    tasks = {one.name: one for one in of_kind(resources, "ecs/TaskDefinition")}
    services = {one.name: one for one in of_kind(resources, "ecs/Service")}
    scheduled = {one.name for one in of_kind(resources, "scheduler/Schedule")}
    common = _common(tasks)
    nodes: list[str] = []
    for name, task in sorted(tasks.items()):
        size = _size(task.inputs)
        service = services.get(name)
        role = name.removeprefix(common)
        if service is None:
            when = "on a schedule" if name in scheduled else "once per deployment"
            nodes.append(_node(role, "[[", role, f"{when}, {size}"))
            continue
        strategy = listed(service.inputs.get("capacityProviderStrategies"))
        spot = " Spot" if any(one.get("capacityProvider") == "FARGATE_SPOT" for one in strategy) else ""
        title = " + ".join(one["name"] for one in containers(task)) or role
        nodes.append(_node(role, "[", title, f"{service.inputs.get('desiredCount', 1):g} x {size}{spot}"))
    return nodes


def _common(names: Iterable[str]) -> str:
    """Give what the names of all roles begin with, up to its last dash: prefix and stack."""
    every = [*names]
    shortest = min(every, default="")
    while shortest and not all(one.startswith(shortest) for one in every):
        shortest = shortest.rstrip("-").rpartition("-")[0] + "-" if "-" in shortest.rstrip("-") else ""
    return shortest


def _size(inputs: Mapping[str, Any]) -> str:
    if not {"cpu", "memory"} <= inputs.keys():
        return "default size"
    vcpu, gb = int(inputs["cpu"]) / CPU_UNITS_PER_VCPU, int(inputs["memory"]) / MIB_PER_GB
    return f"{vcpu:g} vCPU, {gb:g} GB"


def _stores(resources: Sequence[Rendered]) -> list[str]:
    databases = [
        _node(
            "database",
            "[(",
            "RDS PostgreSQL",
            f"{one.inputs['instanceClass']}, {'two zones' if one.inputs.get('multiAz') else 'one zone'}",
        )
        for one in of_kind(resources, "rds/Instance")
    ]
    brokers = [
        _node(
            "broker",
            "[(",
            f"ElastiCache {one.inputs['engine']}",
            f"{one.inputs['numCacheClusters']:g} x {one.inputs['nodeType']}",
        )
        for one in of_kind(resources, "elasticache/ReplicationGroup")
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
    """Render each permitted connection as an arrow; an external source is a node of its own."""
    arrows: set[str] = set()
    network = any(_is_network(one) for one in of_kind(resources, "lb/LoadBalancer"))
    ingress = NETWORK_LOAD_BALANCER if network else LOAD_BALANCER
    for rule in of_kind(resources, INGRESS):
        source, _, target = str(rule.inputs.get("description", "")).partition(" to ")
        port = f"{rule.inputs.get('fromPort', 0):g}"
        if target:
            arrows.add(f"{source} -->|{port}| {target}")
        else:
            person = re.sub(r"\W+", "-", source)
            arrows.add(f'{person}(["{source}"]) -->|{port}| {ingress}')
    return sorted(arrows)


def _node(name: str, shape: str, title: str, detail: str) -> str:
    ends = {"[": "]", "[[": "]]", "[(": ")]", "{{": "}}"}
    return f'{name}{shape}"<b>{title}</b><br/>{detail}"{ends[shape]}'
