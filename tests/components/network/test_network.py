"""`Network` under mocks: the exact resources of each kind of NAT. Whether packets flow, only AWS can tell."""

from dataclasses import replace
from typing import Any

import pytest

from components.model.settings.errors import SettingsError
from components.model.settings.settings import Nat
from components.network.network import Network, NetworkArgs
from tests.components.defaults import resource_defaults
from tests.helpers.pulumi_mocks import Recording, record

TABLES = {
    "net-public": ["net-public-0", "net-public-1"],
    "net-private-0": ["net-private-0"],
    "net-private-1": ["net-private-1"],
}
FIRST, SECOND = {"net-private-0-nat": "net-public-0"}, {"net-private-1-nat": "net-public-1"}


def _network(nat: Nat = Nat.SINGLE, zone_count: int = 2, flow_log_retention_days: int = 0) -> Recording:
    def build() -> Network:
        args = NetworkArgs(
            cidr="10.20.0.0/16",
            zone_count=zone_count,
            nat=nat,
            flow_log_retention_days=flow_log_retention_days,
            defaults=resource_defaults(),
        )
        return Network("net", args)

    return record(build)


def test_the_vpc_resolves_names_and_its_default_group_lets_nothing_in() -> None:
    """Private names need DNS; the default group has no rule at all."""
    recording = _network()
    assert recording.one("Vpc").inputs == {
        "cidrBlock": "10.20.0.0/16",
        "enableDnsHostnames": True,
        "enableDnsSupport": True,
        "tags": {"Name": "net"},
    }
    assert recording.one("DefaultSecurityGroup").inputs == {"vpcId": "net.id"}


def test_each_zone_has_a_public_and_a_private_subnet() -> None:
    """In the plan's ranges, in the region's zones, with no public address by default."""
    recording = _network(zone_count=3)
    found = {
        one.name: (one.inputs["cidrBlock"], one.inputs["availabilityZone"]) for one in recording.all("Subnet")
    }
    assert found == {
        "net-private-0": ("10.20.0.0/19", "eu-west-1a"),
        "net-private-1": ("10.20.32.0/19", "eu-west-1b"),
        "net-private-2": ("10.20.64.0/19", "eu-west-1c"),
        "net-public-0": ("10.20.128.0/19", "eu-west-1a"),
        "net-public-1": ("10.20.160.0/19", "eu-west-1b"),
        "net-public-2": ("10.20.192.0/19", "eu-west-1c"),
    }
    assert not any(one.inputs["mapPublicIpOnLaunch"] for one in recording.all("Subnet"))


@pytest.mark.parametrize(
    ("nat", "gateways", "targets"),
    [
        (Nat.NONE, {}, []),
        (Nat.SINGLE, FIRST, ["net-private-0-nat", "net-private-0-nat"]),
        (Nat.PER_ZONE, FIRST | SECOND, ["net-private-0-nat", "net-private-1-nat"]),
    ],
)
def test_nat_gateways_and_routes(nat: Nat, gateways: dict[str, str], targets: list[str]) -> None:
    """One gateway, one a zone, or none; each stands in a public subnet and has an address of its own.

    The route tables are the same, so that only a route changes where `nat` does.
    """
    recording = _network(nat)
    assert {one.name: one.inputs["subnetId"] for one in recording.all("NatGateway")} == {
        gateway: f"{subnet}.id" for gateway, subnet in gateways.items()
    }
    assert recording.names("Eip") == sorted(gateways)
    tables: dict[str, list[str]] = {}
    for one in recording.all("RouteTableAssociation"):
        tables.setdefault(one.inputs["routeTableId"].removesuffix(".id"), []).append(
            one.inputs["subnetId"].removesuffix(".id")
        )
    assert {table: sorted(members) for table, members in tables.items()} == TABLES
    ways = {
        one.name: (one.inputs["routeTableId"], one.inputs.get("gatewayId") or one.inputs["natGatewayId"])
        for one in recording.all("Route")
    }
    assert ways == {"net-public-internet": ("net-public.id", "net-internet.id")} | {
        f"net-private-{index}-nat": (f"net-private-{index}.id", f"{target}.id")
        for index, target in enumerate(targets)
    }
    assert {one.inputs["destinationCidrBlock"] for one in recording.all("Route")} == {"0.0.0.0/0"}


def test_associations_are_the_same_whatever_nat_is() -> None:
    """AWS refuses a subnet a second route table, so Pulumi must never make a new association for one."""
    pairs = [
        {(one.name, one.inputs["subnetId"]) for one in _network(nat).all("RouteTableAssociation")}
        for nat in Nat
    ]
    assert pairs[0] == pairs[1] == pairs[2]


@pytest.mark.parametrize("nat", Nat)
def test_nothing_gets_a_public_address_before_the_internet_gateway(nat: Nat) -> None:
    """AWS refuses a NAT gateway, or an address, in a VPC that has none yet."""
    recording = _network(nat)
    gateway = recording.one("InternetGateway").urn
    public = [*recording.all("NatGateway"), *recording.all("Eip")]
    assert not [one.line for one in public if gateway not in recording.before(one)]


@pytest.mark.parametrize("nat", Nat)
def test_s3_is_reached_from_every_route_table(nat: Nat) -> None:
    """The gateway endpoint is free, and keeps image layers and logs off the NAT gateway."""
    recording = _network(nat)
    endpoint = recording.one("VpcEndpoint").inputs
    assert endpoint["serviceName"] == "com.amazonaws.eu-west-1.s3"
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert sorted(endpoint["routeTableIds"]) == [f"{name}.id" for name in recording.names("RouteTable")]


def test_flow_logs_are_kept_as_long_as_asked() -> None:
    """All traffic, into a group of its own, by a role that may write to nothing else."""
    recording = _network(flow_log_retention_days=30)
    assert recording.one("LogGroup").inputs["retentionInDays"] == 30
    assert recording.one("FlowLog").inputs["trafficType"] == "ALL"
    assert "LogGroup/net-flow-logs:*" in recording.one("RolePolicy").inputs["policy"]
    assert not _network().all("FlowLog")


def test_zones_without_fargate_are_left_out_and_too_few_are_an_error() -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html."""
    excluded: list[list[str]] = []

    def two(args: dict[str, Any]) -> dict[str, list[str]]:
        excluded.append(args["excludeZoneIds"])
        return {"names": ["us-west-1a", "us-west-1c"]}

    answers: dict[str, Any] = {"aws:index/getAvailabilityZones:getAvailabilityZones": two}
    args = NetworkArgs(
        cidr="10.20.0.0/16",
        zone_count=2,
        nat=Nat.NONE,
        flow_log_retention_days=0,
        defaults=resource_defaults(),
    )
    subnets = record(lambda: Network("net", args), answers=answers).all("Subnet")
    assert {one.inputs["availabilityZone"] for one in subnets} == {"us-west-1a", "us-west-1c"}
    assert excluded == [["apne1-az3", "usw1-az2"]]
    with pytest.raises(SettingsError, match=r"availability_zone_count must be at most 2, .* got 3"):
        record(lambda: Network("net", replace(args, zone_count=3)), answers=answers)
