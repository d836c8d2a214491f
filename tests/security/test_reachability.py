"""Who reaches whom, computed from the rendered groups, rules and routes alone, not from `Settings`.

It proves what the rules say, not that AWS routes a packet.
"""

from dataclasses import replace
from typing import Any

import pytest

from components.model.rendered import mapping, of_kind
from tests.helpers.rendered_stacks import VARIANTS, variant
from tests.security.reachability import INTERNET, MATRIX, NAMED, OUTSIDE, Net, errors


@pytest.mark.parametrize("name", VARIANTS)
def test_only_the_matrix_is_reached(name: str) -> None:
    """And all of it, as far as the cluster has these members; from outside only a listener with TLS."""
    assert errors(variant(name)) == []
    assert len(Net(variant(name)).reached) > len(MATRIX) / 8


@pytest.mark.parametrize("name", ["dev", "prod", "local"])
def test_as_shipped_nobody_comes_in(name: str) -> None:
    """Until somebody says who may; on one machine that machine itself."""
    outside = {source for source, _, _ in Net(variant(name)).reached if source in OUTSIDE}
    assert outside == ({NAMED} if name == "local" else set())


@pytest.mark.parametrize("name", [name for name, (base, _) in VARIANTS.items() if base == "prod"])
def test_nothing_behind_the_load_balancer_is_reachable_from_outside(name: str) -> None:
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
        assert bool(net.subnets_of("lb/LoadBalancer") & net.public_subnets) is (not all(internal))


@pytest.mark.parametrize("name", VARIANTS)
def test_no_two_members_share_a_group(name: str) -> None:
    """A role's rules are its own; the database's no less."""
    net = Net(variant(name))
    made = {f"{one.name}.id" for one in of_kind(net.stack, "ec2/SecurityGroup")}
    assert {group for group, members in net.members.items() if len(members) == 1} >= made


def test_a_way_around_the_network_load_balancer_would_be_seen() -> None:
    """The internet at the door of the one behind it, where without it it might be."""
    stack = variant("prod behind a Network Load Balancer")
    rule = next(one for one in of_kind(stack, "vpc/SecurityGroupIngressRule") if "cidrIpv4" in one.inputs)
    around = replace(rule, inputs={**rule.inputs, "securityGroupId": "airflow-prod-load-balancer.id"})
    assert f"{INTERNET} reaches the inner load balancer" in errors([*stack, around])


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
    of_one_kind = [*of_kind(stack, kind)]
    changed = next((one for one in of_one_kind if one.name.endswith(found)), of_one_kind[0])
    holed = [replace(one, inputs={**one.inputs, **change}) if one is changed else one for one in stack]
    assert any(found in error for error in errors(holed))
