"""`SecurityGroups` under mocks: one group a member, one rule a flow, nothing besides."""

from components.model.settings.settings import LoadBalancerSettings, Settings
from components.model.workload.traffic_rules import TrafficRule, external_traffic_rules, traffic_rules
from components.model.workload.workload import workload
from components.network.security_groups import SecurityGroups, SecurityGroupsArgs
from tests.helpers.pulumi_mocks import Recording, record

FLOWS = [
    TrafficRule(source="load-balancer", target="api-server", port=8080),
    TrafficRule(source="scheduler", target="api-server", port=8080),
    TrafficRule(source="scheduler", target="database", port=5432),
]


def _groups(cidrs: list[str]) -> Recording:
    args = SecurityGroupsArgs(
        vpc_id="vpc",
        members=["api-server", "scheduler"],
        flows=FLOWS,
        public_load_balancer="load-balancer",
        load_balancer_ports=[80, 443],
        ingress_cidrs=cidrs,
        calls_oidc_provider=False,
        external_sources=[TrafficRule(source="sg-5e11", target="database", port=5432)],
    )
    return record(lambda: SecurityGroups("air", args))


def test_each_end_of_a_flow_has_a_group_without_rules_inside() -> None:
    """Inline rules and rule resources would undo each other at every `up`."""
    recording = _groups([])
    assert recording.names("SecurityGroup") == [
        "air-api-server",
        "air-database",
        "air-load-balancer",
        "air-scheduler",
    ]
    assert all(not {"ingress", "egress"} & set(one.inputs) for one in recording.all("SecurityGroup"))


def test_the_description_of_a_rule_names_its_ends() -> None:
    """The diagram reads them there: a preview of a new stack knows no ids. Another text is no such rule."""
    rules = _groups(["203.0.113.0/24"]).all("SecurityGroupIngressRule")
    read = [TrafficRule.described(one.inputs["description"], one.inputs["fromPort"]) for one in rules]
    external = TrafficRule(source="sg-5e11", target="database", port=5432)
    assert {one for one in read if one} == {*FLOWS, external}
    assert read.count(None) == 2


def test_each_traffic_rule_is_one_ingress_rule_from_one_group() -> None:
    """From group to group, on one port, never from an address."""
    rules = _groups([]).all("SecurityGroupIngressRule")
    assert {
        (
            one.inputs["referencedSecurityGroupId"],
            one.inputs["securityGroupId"],
            one.inputs["fromPort"],
            one.inputs["toPort"],
            one.inputs["ipProtocol"],
        )
        for one in rules
    } == {
        ("air-load-balancer.id", "air-api-server.id", 8080, 8080, "tcp"),
        ("air-scheduler.id", "air-api-server.id", 8080, 8080, "tcp"),
        ("air-scheduler.id", "air-database.id", 5432, 5432, "tcp"),
        ("sg-5e11", "air-database.id", 5432, 5432, "tcp"),  # a guest
    }
    assert not any("cidrIpv4" in one.inputs for one in rules)


def test_services_may_call_anything_the_load_balancer_only_its_targets_the_database_nothing() -> None:
    """Pipelines call whom they like; what only answers has no way out."""
    out = {
        (one.inputs["securityGroupId"], one.inputs.get("cidrIpv4") or one.inputs["referencedSecurityGroupId"])
        for one in _groups([]).all("SecurityGroupEgressRule")
    }
    assert out == {
        ("air-api-server.id", "0.0.0.0/0"),
        ("air-scheduler.id", "0.0.0.0/0"),
        ("air-load-balancer.id", "air-api-server.id"),
    }


def test_users_reach_each_port_from_named_networks() -> None:
    """No network named: nobody comes in."""
    rules = [
        one
        for one in _groups(["203.0.113.0/24", "198.51.100.0/24"]).all("SecurityGroupIngressRule")
        if "cidrIpv4" in one.inputs
    ]
    assert {
        (one.inputs["securityGroupId"], one.inputs["cidrIpv4"], one.inputs["fromPort"], one.inputs["toPort"])
        for one in rules
    } == {
        ("air-load-balancer.id", cidr, port, port)
        for cidr in ("203.0.113.0/24", "198.51.100.0/24")
        for port in (80, 443)
    }


def test_behind_a_network_load_balancer_the_other_is_reached_by_that_one_alone() -> None:
    """Users' networks and groups are let into the outer one; a rule for each port of the inner one."""
    balancer = LoadBalancerSettings(
        nlb=True,
        certificate_arn="arn:aws:acm:us-east-1:123456789012:certificate/x",
        allowed_security_group_ids=("sg-0d",),
    )
    settings = Settings(load_balancer=balancer)
    args = SecurityGroupsArgs(
        vpc_id="vpc",
        members=["api-server"],
        flows=[one for one in traffic_rules(workload(settings)) if "load-balancer" in one.source],
        public_load_balancer="network-load-balancer",
        load_balancer_ports=[80, 443],
        ingress_cidrs=["203.0.113.0/24"],
        calls_oidc_provider=False,
        external_sources=external_traffic_rules(settings),
    )
    recording = record(lambda: SecurityGroups("air", args))
    reached = {
        (
            one.inputs.get("cidrIpv4") or one.inputs["referencedSecurityGroupId"],
            one.inputs["securityGroupId"],
            one.inputs["fromPort"],
        )
        for one in recording.all("SecurityGroupIngressRule")
    }
    outer, inner = "air-network-load-balancer.id", "air-load-balancer.id"
    assert reached == {
        *((source, outer, port) for source in ("203.0.113.0/24", "sg-0d") for port in (80, 443)),
        (outer, inner, 80),
        (outer, inner, 443),
        (inner, "air-api-server.id", 8080),
    }
    out = {
        (
            one.inputs["securityGroupId"],
            one.inputs.get("referencedSecurityGroupId"),
            one.inputs.get("fromPort"),
        )
        for one in recording.all("SecurityGroupEgressRule")
        if one.inputs["securityGroupId"] == outer
    }
    assert out == {(outer, inner, 80), (outer, inner, 443)}
