"""Who reaches whom, computed from the rendered security groups, rules and routes alone, not from `Settings`.

A connection needs a rule out of the source's group and one into the target's, on the same port. It proves what the
rules say, not that AWS routes a packet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from rendering import stack

from components.model.rendered import Rendered, mapping, of_kind

INTERNET: Final = "internet"
CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/8c0e4f2a"
OPEN: Final = {"loadBalancerCertificateArn": CERTIFICATE, "loadBalancerAllowedCidrs": '["0.0.0.0/0"]'}
CELERY: Final = {"executor": "CeleryExecutor", "flowerCount": "1"}

WITH_LOCAL_EXECUTOR: Final = {
    ("internet", "load-balancer", 80),
    ("internet", "load-balancer", 443),
    ("load-balancer", "api-server", 8080),
    ("scheduler", "api-server", 8080),
    ("api-server", "database", 5432),
    ("scheduler", "database", 5432),
    ("dag-processor", "database", 5432),
    ("triggerer", "database", 5432),
    ("migration", "database", 5432),
}
"""The written matrix: nothing else may be reached."""
WITH_CELERY: Final = WITH_LOCAL_EXECUTOR | {
    ("load-balancer", "flower", 5555),
    ("worker", "api-server", 8080),
    ("worker", "database", 5432),
    ("scheduler", "broker", 6379),
    ("worker", "broker", 6379),
    ("flower", "broker", 6379),
}


@dataclass(frozen=True)
class Net:
    """The network of a rendered stack."""

    stack: Sequence[Rendered]
    prefix: str

    def member(self, group_id: str) -> str:
        """Name the member of the cluster that a security group stands for."""
        return group_id.removesuffix(".id").removeprefix(f"{self.prefix}-")

    @property
    def reached(self) -> set[tuple[str, str, int]]:
        """Everything that the rules let through: source, target, port."""
        found: set[tuple[str, str, int]] = set()
        for rule in of_kind(self.stack, "vpc/SecurityGroupIngressRule"):
            target = str(rule.inputs["securityGroupId"])
            group = rule.inputs.get("referencedSecurityGroupId")
            first, last = int(rule.inputs["fromPort"]), int(rule.inputs["toPort"])
            for port in range(first, last + 1):
                if group is None:
                    found.add((INTERNET, self.member(target), port))
                elif self.leaves(str(group), target, port):
                    found.add((self.member(str(group)), self.member(target), port))
        return found

    def leaves(self, source: str, target: str, port: int) -> bool:
        """Tell whether a group's rules let it out to another."""
        return any(
            rule.inputs["securityGroupId"] == source
            and rule.inputs.get("referencedSecurityGroupId", target) == target
            and (
                rule.inputs["ipProtocol"] == "-1" or rule.inputs["fromPort"] <= port <= rule.inputs["toPort"]
            )
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
        keys = ("subnets", "subnetIds")
        return {
            str(subnet)
            for one in of_kind(self.stack, kind)
            for inputs in (one.inputs, mapping(one.inputs.get("networkConfiguration")))
            for key in keys
            for subnet in inputs.get(key) or []
        }


def _net(name: str, settings: Mapping[str, str]) -> Net:
    return Net(stack(name, **settings), f"airflow-{name}")


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [("dev", OPEN, WITH_LOCAL_EXECUTOR), ("prod", OPEN | CELERY, WITH_CELERY)],
    ids=["LocalExecutor", "CeleryExecutor"],
)
def test_only_the_matrix_is_reached(
    name: str, settings: dict[str, str], expected: set[tuple[str, str, int]]
) -> None:
    """Open to everybody, with everything switched on."""
    assert _net(name, settings).reached == expected


def test_as_shipped_nobody_comes_in() -> None:
    """Until somebody says who may."""
    assert {target for source, target, _ in _net("prod", {}).reached if source == INTERNET} == set()


def test_behind_the_load_balancer_nothing_has_a_way_in() -> None:
    """Tasks, database and broker of `prod` lie in subnets without a route from the internet."""
    net = _net("prod", OPEN)
    assert net.public_subnets
    for kind in ("ecs/Service", "rds/SubnetGroup", "elasticache/SubnetGroup"):
        subnets = net.subnets_of(kind)
        assert subnets
        assert not subnets & net.public_subnets, kind
    assert net.subnets_of("lb/LoadBalancer") <= net.public_subnets


def test_an_internal_load_balancer_lies_inside() -> None:
    """Reached from the VPC and what is connected to it."""
    net = _net("prod", {"loadBalancerInternal": "true"})
    assert not net.subnets_of("lb/LoadBalancer") & net.public_subnets


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_every_group_is_used_and_no_task_shares_one(name: str) -> None:
    """A role's rules are its own."""
    resources = stack(name)
    groups: list[Any] = [
        group
        for one in of_kind(resources, "ecs/Service")
        for group in mapping(one.inputs["networkConfiguration"])["securityGroups"]
    ]
    assert len(groups) == len(set(groups)) == len(list(of_kind(resources, "ecs/Service")))


def test_a_hole_would_be_seen() -> None:
    """One rule too many is one line too many."""
    hole = Rendered(
        type="aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        name="hole",
        inputs={
            "securityGroupId": "airflow-dev-database.id",
            "cidrIpv4": "0.0.0.0/0",
            "fromPort": 5432,
            "toPort": 5432,
        },
    )
    net = Net([*stack("dev"), hole], "airflow-dev")
    assert (INTERNET, "database", 5432) in net.reached
