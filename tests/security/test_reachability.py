"""Who reaches whom, computed from the rendered groups, rules and routes alone, not from `Settings`.

A connection needs a rule out of the source's group and one into the target's, on the same port; a group
stands for what is put in it. It proves what the rules say, not that AWS routes a packet.
"""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import pytest
from rendering import VARIANTS, variant

from components.model.rendered import Rendered, mapping, of_kind

INTERNET: Final = "internet"
NAMED: Final = "named network"
GUEST: Final = "another's group"
LARGEST_NAMED_NETWORK_BITS: Final = 8
OF_KIND: Final = {
    "elasticache/ReplicationGroup": "broker",
    "lb/LoadBalancer": "load-balancer",
    "rds/Instance": "database",
}
"""Who is not named after a role."""
GROUP_LISTS: Final = {"securityGroups", "securityGroupIds", "security_group_ids", "vpcSecurityGroupIds"}

MATRIX: Final = {
    (INTERNET, "load-balancer", 80),
    (INTERNET, "load-balancer", 443),
    (NAMED, "load-balancer", 80),
    (NAMED, "load-balancer", 8080),  # the port of `local`
    (GUEST, "load-balancer", 80),
    (GUEST, "load-balancer", 443),
    (GUEST, "database", 5432),
    ("load-balancer", "api-server", 8080),
    ("load-balancer", "flower", 5555),
    ("scheduler", "api-server", 8080),
    ("worker", "api-server", 8080),
    ("api-server", "database", 5432),
    ("scheduler", "database", 5432),
    ("dag-processor", "database", 5432),
    ("triggerer", "database", 5432),
    ("migration", "database", 5432),
    ("worker", "database", 5432),
    ("scheduler", "broker", 6379),
    ("worker", "broker", 6379),
    ("flower", "broker", 6379),
}
"""Who may reach whom, on which port, in any cluster: nothing else."""
OUTSIDE: Final = {INTERNET, NAMED, GUEST}


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
                found[group].add(OF_KIND.get(one.kind, one.name.removeprefix(f"{prefix}-")))
        return found

    @property
    def reached(self) -> set[tuple[str, str, int]]:
        """Everything that the rules let through: source, target, port."""
        return {
            (source, target, port)
            for rule in of_kind(self.stack, "vpc/SecurityGroupIngressRule")
            for port in _ports(rule)
            for source in self._sources(rule, port)
            for target in self.members[rule.inputs["securityGroupId"]]
        }

    def _sources(self, rule: Rendered, port: int) -> set[str]:
        group = rule.inputs.get("referencedSecurityGroupId")
        if group is None:
            network = ipaddress.ip_network(rule.inputs.get("cidrIpv4") or rule.inputs["cidrIpv6"])
            return {NAMED if network.prefixlen >= LARGEST_NAMED_NETWORK_BITS else INTERNET}
        if not any(one.name == group.removesuffix(".id") for one in of_kind(self.stack, "ec2/SecurityGroup")):
            return {GUEST}
        return self.members[group] if self._leaves(group, rule.inputs["securityGroupId"], port) else set()

    def _leaves(self, source: str, target: str, port: int) -> bool:
        return any(
            rule.inputs["securityGroupId"] == source
            and rule.inputs.get("referencedSecurityGroupId", target) == target
            and (rule.inputs["ipProtocol"] == "-1" or port in _ports(rule))
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
        return {subnet for subnets in lists for subnet in subnets}


def _groups(inputs: Any) -> Iterator[str]:
    """Every security group that a resource is put in, wherever in its inputs."""
    if isinstance(inputs, list | tuple):
        for each in inputs:  # pyright: ignore[reportUnknownVariableType]
            yield from _groups(each)
    elif isinstance(inputs, dict):
        for key, each in inputs.items():  # pyright: ignore[reportUnknownVariableType]
            yield from each if key in GROUP_LISTS else _groups(each)  # pyright: ignore[reportUnknownVariableType]


def _ports(rule: Rendered) -> range:
    return range(int(rule.inputs["fromPort"]), int(rule.inputs["toPort"]) + 1)


@pytest.mark.parametrize("name", VARIANTS)
def test_only_the_matrix_is_reached(name: str) -> None:
    """And all of it, as far as the cluster has these members."""
    net = Net(variant(name))
    there = {one for members in net.members.values() for one in members}
    inside = {(source, target, port) for source, target, port in MATRIX if {source, target} <= there}
    assert {one for one in net.reached if one[0] not in OUTSIDE} == inside
    assert {one for one in net.reached if one[0] in OUTSIDE} <= MATRIX


@pytest.mark.parametrize("name", VARIANTS)
def test_from_outside_only_a_listener_is_reached(name: str) -> None:
    """No port is open behind which nothing listens; the internet reaches none that answers in clear."""
    net = Net(variant(name))
    listeners = {int(one.inputs["port"]): one for one in of_kind(net.stack, "lb/Listener")}
    outside = {one for one in net.reached if one[0] in {INTERNET, NAMED}}
    assert {port for _, target, port in outside if target == "load-balancer"} <= set(listeners)
    for source, target, port in outside:
        assert target == "load-balancer"
        if source == INTERNET and listeners[port].inputs["protocol"] != "HTTPS":
            assert [one["type"] for one in listeners[port].inputs["defaultActions"]] == ["redirect"]


@pytest.mark.parametrize("name", ["dev", "prod", "local"])
def test_as_shipped_nobody_comes_in(name: str) -> None:
    """Until somebody says who may; on one machine that machine itself."""
    outside = {source for source, _, _ in Net(variant(name)).reached if source in OUTSIDE}
    assert outside == ({NAMED} if name == "local" else set())


@pytest.mark.parametrize("name", [name for name, (base, _) in VARIANTS.items() if base == "prod"])
def test_behind_the_load_balancer_nothing_has_a_way_in(name: str) -> None:
    """Tasks, database and broker lie in subnets without a route from the internet."""
    net = Net(variant(name))
    for kind in ("ecs/Service", "rds/SubnetGroup", "elasticache/SubnetGroup", "dynamic/OneOffTask"):
        assert not net.subnets_of(kind) & net.public_subnets, kind
    for one in of_kind(net.stack, "ecs/Service"):
        assert mapping(one.inputs["networkConfiguration"]).get("assignPublicIp") is False
    if any(of_kind(net.stack, "ec2/Vpc")):
        assert net.subnets_of("ecs/Service")
        assert net.public_subnets
        internal = [one.inputs.get("internal") for one in of_kind(net.stack, "lb/LoadBalancer")]
        assert bool(net.subnets_of("lb/LoadBalancer") & net.public_subnets) is (internal != [True])


@pytest.mark.parametrize("name", VARIANTS)
def test_no_two_members_share_a_group(name: str) -> None:
    """A role's rules are its own; the database's no less."""
    net = Net(variant(name))
    made = {f"{one.name}.id" for one in of_kind(net.stack, "ec2/SecurityGroup")}
    assert {group for group, members in net.members.items() if len(members) == 1} >= made


@pytest.mark.parametrize(
    ("kind", "change", "found"),
    [
        (
            "vpc/SecurityGroupIngressRule",
            {"referencedSecurityGroupId": None, "cidrIpv4": "0.0.0.0/0"},
            INTERNET,
        ),
        ("rds/Instance", {"vpcSecurityGroupIds": ["airflow-prod-load-balancer.id"]}, "database"),
        (
            "ecs/Service",
            {"networkConfiguration": {"securityGroups": ["airflow-prod-worker.id"]}},
            "api-server",
        ),
    ],
)
def test_a_hole_would_be_seen(kind: str, change: dict[str, Any], found: str) -> None:
    """A rule for everybody, a database or a service in a group that is not its own: some path too many."""
    stack = variant("prod for everybody")
    first = next(of_kind(stack, kind))
    holed = [replace(one, inputs={**one.inputs, **change}) if one is first else one for one in stack]
    beyond = Net(holed).reached - MATRIX
    assert any(found in (source, target) for source, target, _ in beyond)
