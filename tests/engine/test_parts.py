"""Network and database by themselves: changes that AWS refuses in the wrong order, or under a taken name.

Not proved: how long AWS takes, and that a packet finds its way.
"""

from pathlib import Path
from typing import Any

import pytest
from pulumi import automation as auto

from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import added, client, inventory

pytestmark = pytest.mark.engine
PROGRAM = Path(__file__).parent / "parts"
CYCLE = ("single", "perZone", "none", "single", "none", "perZone", "single")
"""Every change of `nat` there is; the first of them is the one that AWS refused."""


def parts(bench: Bench, **settings: str) -> auto.Stack:
    """Select the stack with settings."""
    named = {f"parts:{key}": f'"{value}"' for key, value in settings.items()}
    return bench.stack("parts", {"aws:region": "us-east-1", **named}, project=PROGRAM)


def ways_out() -> dict[str, str]:
    """Where the default route of each private subnet leads, by the subnet's name; all NAT gateways work."""
    ec2 = client("ec2")
    gateways = ec2.describe_nat_gateways(
        Filter=[{"Name": "state", "Values": ["pending", "available", "failed"]}]
    )
    assert {one["State"] for one in gateways["NatGateways"]} <= {"available"}
    names = {one["NatGatewayId"]: _name(one) for one in gateways["NatGateways"]}
    subnets = {one["SubnetId"]: _name(one) for one in ec2.describe_subnets()["Subnets"] if "Tags" in one}
    found: dict[str, str] = {}
    for table in ec2.describe_route_tables()["RouteTables"]:
        targets = [names[route["NatGatewayId"]] for route in table["Routes"] if route.get("NatGatewayId")]
        for association in table["Associations"]:
            name = subnets.get(association.get("SubnetId", ""), "")
            if name.startswith("parts-private-"):
                assert name not in found
                found[name] = targets[0] if targets else ""
    return found


def _name(one: dict[str, Any]) -> str:
    return next((tag["Value"] for tag in one.get("Tags", []) if tag["Key"] == "Name"), "")


@pytest.mark.parametrize(
    "cycle",
    [
        pytest.param(CYCLE[:2], marks=pytest.mark.long),
        pytest.param(CYCLE, marks=pytest.mark.drill(name="nat")),
    ],
    ids=len,
)
def test_every_change_of_nat_goes_through(bench: Bench, cycle: tuple[str, ...]) -> None:
    """A subnet keeps its route table, a gateway that stays its address; nothing is left to do, or behind."""
    empty = inventory()
    first, second = "parts-private-0-nat", "parts-private-1-nat"
    wanted = {"none": ("", ""), "single": (first, first), "perZone": (first, second)}
    addresses: list[str] = []
    stack = parts(bench, nat="none")
    for nat in cycle:
        stack = parts(bench, nat=nat)
        stack.up()
        assert ways_out() == dict(zip(("parts-private-0", "parts-private-1"), wanted[nat], strict=True))
        assert preview(stack) == set()
        if nat == "none":
            addresses.clear()
        else:
            addresses.append(
                next(
                    one["PublicIp"]
                    for one in client("ec2").describe_addresses()["Addresses"]
                    if _name(one) == first
                )
            )
        assert len(set(addresses)) <= 1
    stack.destroy()
    assert added(inventory(), empty) == {}
    assert not [
        one for one in client("ec2").describe_addresses()["Addresses"] if _name(one).startswith("parts-")
    ]


@pytest.mark.drill(name="snapshots")
def test_a_replaced_database_leaves_a_snapshot_and_the_next_one_another(bench: Bench) -> None:
    """AWS refuses a second snapshot of a name: the database would stay, and `destroy` stop."""
    before = snapshots()
    parts(bench, nat="none", database="plain").up()
    stack = parts(bench, nat="none", database="under a key")
    stack.up()
    assert len(snapshots() - before) == 1
    assert preview(stack) == set()
    stack.destroy()
    assert len(snapshots() - before) == 2
    databases = client("rds").describe_db_instances()["DBInstances"]
    assert not [one for one in databases if one["DBInstanceIdentifier"].startswith("parts-")]


def snapshots() -> set[str]:
    """Name the snapshots that were asked for."""
    found = client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    return {one["DBSnapshotIdentifier"] for one in found}
