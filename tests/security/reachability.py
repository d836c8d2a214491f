"""The network of a rendered stack: who is in which security group, and what the rules let through.

A connection needs a rule out of the source's group and one into the target's, on the same port; a group
stands for what is put in it. What the rules say, not whether AWS routes a packet.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from components.model.aws.subnets import NAMED_NETWORK_PREFIX
from components.model.rendered import Rendered, containers, listed, mapping, of_kind

INTERNET: Final = "internet"
NAMED: Final = "named network"
EXTERNAL: Final = "another's group"
INNER: Final = "load-balancer"
OUTER: Final = "network-load-balancer"
STARTS_IN: Final = "AIRFLOW__AWS_ECS_EXECUTOR__SECURITY_GROUPS"
ALL_PORTS: Final = range(65536)
FEW_PORTS: Final = 16
PROVIDER_PORT: Final = 443
EVERY_PROTOCOL: Final = "-1"
OF_KIND: Final = {
    "elasticache/ReplicationGroup": "broker",
    "mq/Broker": "broker",
    "lb/LoadBalancer application": INNER,
    "lb/LoadBalancer network": OUTER,
    "rds/Instance": "database",
}
"""Who is not named after a role."""
GROUP_LISTS: Final = {"securityGroups", "securityGroupIds", "security_group_ids", "vpcSecurityGroupIds"}

Path = tuple[str, str, int | str]
"""Source, target, port."""

MATRIX: Final[set[Path]] = {
    (INTERNET, "load-balancer", 80),
    (INTERNET, "load-balancer", 443),
    (NAMED, "load-balancer", 80),
    (NAMED, "load-balancer", 8080),  # the port of `local`
    (EXTERNAL, "load-balancer", 80),
    (EXTERNAL, "load-balancer", 443),
    (EXTERNAL, "database", 5432),
    (INTERNET, OUTER, 80),
    (INTERNET, OUTER, 443),
    (NAMED, OUTER, 80),
    (EXTERNAL, OUTER, 80),
    (EXTERNAL, OUTER, 443),
    (OUTER, INNER, 80),
    (OUTER, INNER, 443),
    ("load-balancer", "api-server", 8080),
    ("load-balancer", "flower", 5555),
    ("scheduler", "api-server", 8081),  # the execution API, in the API server's task
    ("worker", "api-server", 8081),
    ("ecs-task", "api-server", 8081),
    ("api-server", "database", 5432),
    ("scheduler", "database", 5432),
    ("dag-processor", "database", 5432),
    ("triggerer", "database", 5432),
    ("migration", "database", 5432),
    ("maintenance", "database", 5432),
    ("scheduler", "broker", 6379),
    ("worker", "broker", 6379),
    ("flower", "broker", 6379),
}
"""Who may reach whom, on which port, in any cluster: nothing else. Every worker group is a worker."""
SINGLE_TASK: Final[set[Path]] = {
    ("api-server", "api-server", 8081),
    ("api-server", "broker", 6379),
}
"""What besides is reached where the API server's task holds the scheduler."""
RABBITMQ_PORT: Final = 5671
"""Of the broker, in place of Redis's."""
OUTSIDE: Final = {INTERNET, NAMED, EXTERNAL}


@dataclass(frozen=True)
class Net:
    """The network of a rendered stack."""

    stack: Sequence[Rendered]

    @cached_property
    def members(self) -> dict[str, set[str]]:
        """Everybody in each security group, by the group's id."""
        prefix = next(of_kind(self.stack, "ecs/Cluster")).name
        found: dict[str, set[str]] = defaultdict(set)
        for one in self.stack:
            for group in _groups(one.inputs):
                kind = " ".join(filter(None, (one.kind, one.inputs.get("loadBalancerType"))))
                name = one.name.removeprefix(f"{prefix}-")
                found[group].add(OF_KIND.get(kind, "worker" if name.startswith("worker-") else name))
            for group in _groups_of_started(one):
                found[group].add("ecs-task")
        return found

    @property
    def has_single_task(self) -> bool:
        """Whether the API server's task holds the scheduler."""
        tasks = {one.name: containers(one) for one in of_kind(self.stack, "ecs/TaskDefinition")}
        return any(
            "scheduler" in {one["name"] for one in found}
            for name, found in tasks.items()
            if name.endswith("api-server")
        )

    @property
    def matrix(self) -> set[Path]:
        """What may be reached in this cluster."""
        matrix = MATRIX | SINGLE_TASK if self.has_single_task else MATRIX
        if not any(of_kind(self.stack, "mq/Broker")):
            return matrix
        return {
            (source, target, RABBITMQ_PORT if target == "broker" else port) for source, target, port in matrix
        }

    @property
    def reached(self) -> set[Path]:
        """Everything that the rules let through: source, target, port."""
        return {
            (source, target, port)
            for rule in of_kind(self.stack, "vpc/SecurityGroupIngressRule")
            for port in _ports(rule)
            for source in self._sources(rule, port)
            for target in self.members[rule.inputs["securityGroupId"]]
        }

    def _sources(self, rule: Rendered, port: int | str) -> set[str]:
        group = rule.inputs.get("referencedSecurityGroupId")
        if group is None:
            network = ipaddress.ip_network(rule.inputs.get("cidrIpv4") or rule.inputs["cidrIpv6"])
            return {NAMED if network.prefixlen >= NAMED_NETWORK_PREFIX else INTERNET}
        if not any(one.name == group.removesuffix(".id") for one in of_kind(self.stack, "ec2/SecurityGroup")):
            return {EXTERNAL}
        return self.members[group] if self._leaves(group, rule.inputs["securityGroupId"], port) else set()

    def _leaves(self, source: str, target: str, port: int | str) -> bool:
        return any(
            rule.inputs["securityGroupId"] == source
            and rule.inputs.get("referencedSecurityGroupId", target) == target
            and _covers(rule, port)
            for rule in of_kind(self.stack, "vpc/SecurityGroupEgressRule")
        )

    @property
    def public_subnets(self) -> set[str]:
        """Subnets with a route from the internet."""
        gateways = {f"{one.name}.id" for one in of_kind(self.stack, "ec2/InternetGateway")}
        tables = {
            route.inputs["routeTableId"]
            for route in of_kind(self.stack, "ec2/Route")
            if route.inputs.get("gatewayId") in gateways
        }
        return {
            str(one.inputs["subnetId"])
            for one in of_kind(self.stack, "ec2/RouteTableAssociation")
            if one.inputs["routeTableId"] in tables
        }

    def subnets_of(self, kind: str) -> set[str]:
        """Subnets that resources of a kind lie in."""
        places = [
            inputs
            for one in of_kind(self.stack, kind)
            for inputs in (one.inputs, mapping(one.inputs.get("networkConfiguration")))
        ]
        lists: list[list[str]] = [
            place.get(key) or [] for place in places for key in ("subnets", "subnetIds", "subnet_ids")
        ]
        lists += [[one["subnetId"] for one in listed(place.get("subnetMappings"))] for place in places]
        return {subnet for subnets in lists for subnet in subnets}


def _groups_of_started(task_definition: Rendered) -> list[str]:
    """Name the groups in which the executor of a task definition's scheduler starts tasks."""
    if task_definition.kind != "ecs/TaskDefinition":
        return []
    variables = [one for each in containers(task_definition) for one in listed(each.get("environment"))]
    return [group for one in variables if one["name"] == STARTS_IN for group in one["value"].split(",")]


def _groups(inputs: Any) -> Iterator[str]:
    """Every security group that a resource is put in, wherever in its inputs."""
    if isinstance(inputs, list | tuple):
        for each in inputs:  # pyright: ignore[reportUnknownVariableType]
            yield from _groups(each)
    elif isinstance(inputs, dict):
        for key, each in inputs.items():  # pyright: ignore[reportUnknownVariableType]
            yield from each if key in GROUP_LISTS else _groups(each)  # pyright: ignore[reportUnknownVariableType]


def _range(rule: Rendered) -> range:
    """Its ports; a rule without is one for all."""
    if rule.inputs["ipProtocol"] == EVERY_PROTOCOL:
        return ALL_PORTS
    first, last = rule.inputs.get("fromPort", ALL_PORTS[0]), rule.inputs.get("toPort", ALL_PORTS[-1])
    return range(int(first), int(last) + 1)


def _ports(rule: Rendered) -> list[int | str]:
    """Give TCP ports as numbers; what the matrix never holds, other protocols and wide ranges, as text."""
    ports, protocol = _range(rule), rule.inputs["ipProtocol"]
    if protocol != "tcp" or len(ports) > FEW_PORTS:
        return [f"{protocol} {ports[0]} to {ports[-1]}"]
    return list(ports)


def _covers(rule: Rendered, port: int | str) -> bool:
    if isinstance(port, str):
        return rule.inputs["ipProtocol"] == EVERY_PROTOCOL
    return rule.inputs["ipProtocol"] in {"tcp", EVERY_PROTOCOL} and port in _range(rule)


def errors(stack: Sequence[Rendered]) -> list[str]:
    """Say what is reached and should not be, and what should be and is not."""
    net = Net(stack)
    reached, matrix = net.reached, net.matrix
    there = {one for members in net.members.values() for one in members}
    wanted = {(source, target, port) for source, target, port in matrix if {source, target} <= there}
    inside = {one for one in reached if one[0] not in OUTSIDE}
    return [
        *(f"{_shown(one)} is not in the matrix" for one in reached - matrix),
        *(f"{_shown(one)} is not let through" for one in wanted - inside),
        *_ingress_errors(net),
        *_exit_errors(net),
    ]


def _shown(path: Path) -> str:
    return f"{path[0]} to {path[1]}, {path[2]}"


def _ingress_errors(net: Net) -> Iterator[str]:
    """From outside only listeners are reached, each is, and from the internet none that answers in plaintext.

    What stands behind another load balancer is reached by that one alone, which forwards what it gets.
    """
    listeners = {
        int(one.inputs["port"]): one
        for one in of_kind(net.stack, "lb/Listener")
        if one.inputs["protocol"] != "TCP"
    }
    outside = {(source, port) for source, _, port in net.reached if source in {INTERNET, NAMED}}
    if any(OUTER in members for members in net.members.values()):
        around = {source for source, target, _ in net.reached if target == INNER} - {OUTER}
        yield from (f"{source} reaches the inner load balancer" for source in around)
    for source, port in outside:
        listener = listeners.get(port) if isinstance(port, int) else None
        if listener is None:
            yield f"port {port} is open to the {source}, and nothing listens"
        elif source == INTERNET and listener.inputs["protocol"] != "HTTPS":
            types = {action["type"] for action in listener.inputs["defaultActions"]}
            if types != {"redirect"}:
                yield f"port {port} answers the {source} in plaintext"
    if outside:
        yield from (f"nobody reaches port {port}" for port in set(listeners) - {port for _, port in outside})


def _exit_errors(net: Net) -> Iterator[str]:
    """Tasks may call anything; the load balancer what the matrix says, and a provider; the others nothing."""
    oidc = any("authenticate-oidc" in str(one.inputs) for one in of_kind(net.stack, "lb/Listener"))
    for rule in of_kind(net.stack, "vpc/SecurityGroupEgressRule"):
        target = rule.inputs.get("referencedSecurityGroupId")
        for source in net.members[rule.inputs["securityGroupId"]]:
            if target is None and oidc and source == "load-balancer":
                if _ports(rule) != [PROVIDER_PORT]:
                    yield "load-balancer leaves to more than the provider's 443"
            elif target is None:
                if source in {*OF_KIND.values()} or rule.inputs["ipProtocol"] != EVERY_PROTOCOL:
                    yield f"{source} has no way out, or another's"
            elif (
                not {(source, one, port) for one in net.members[target] for port in _ports(rule)}
                <= net.matrix | MATRIX
            ):
                yield f"{source} may leave to more of {target} than it needs"
