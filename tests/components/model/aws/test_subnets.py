"""How a VPC is cut."""

import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.model.aws import subnets

ZONES = st.integers(2, 4)


@st.composite
def _vpcs(draw: st.DrawFn) -> str:
    prefix = draw(st.integers(16, 24))
    network = draw(st.integers(0, 2**prefix - 1)) << (32 - prefix)
    return f"{ipaddress.IPv4Address(network)}/{prefix}"


@given(cidr=_vpcs(), zones=ZONES)
def test_subnets_are_disjoint_inside_the_vpc_and_large_enough(cidr: str, zones: int) -> None:
    """AWS refuses overlapping subnets, and a load balancer in one smaller than /27."""
    plan = subnets.plan(cidr, zones)
    assert (len(plan.public), len(plan.private)) == (zones, zones)
    networks = sorted(ipaddress.IPv4Network(block) for block in (*plan.public, *plan.private))
    vpc = ipaddress.IPv4Network(cidr)
    assert all(network.subnet_of(vpc) and network.prefixlen <= 27 for network in networks)
    assert not any(one.overlaps(other) for one, other in itertools.pairwise(networks))


@given(cidr=_vpcs(), zones=st.integers(2, 3))
def test_a_zone_added_later_moves_no_subnet(cidr: str, zones: int) -> None:
    """A subnet with another range would be replaced, with all that is in it."""
    before, after = subnets.plan(cidr, zones), subnets.plan(cidr, zones + 1)
    assert after.public[:zones] == before.public
    assert after.private[:zones] == before.private


def test_the_default_range_is_cut_as_documented() -> None:
    """Private subnets come from the front, public ones from the middle."""
    assert subnets.plan("10.20.0.0/16", 2) == subnets.SubnetPlan(
        private=("10.20.0.0/19", "10.20.32.0/19"), public=("10.20.128.0/19", "10.20.160.0/19")
    )


@pytest.mark.parametrize(
    ("cidr", "error"),
    [
        ("10.20.0.0", "got '10.20.0.0'. Write it as 10.20.0.0/32"),
        ("10.20.0.0/8", "must be an IPv4 network such as 10.20.0.0/16; got '10.20.0.0/8'"),
        ("10.0.0.0/8", "must have a prefix from /16 to /28 (a rule of AWS); got '10.0.0.0/8'"),
        ("10.20.0.1/16", "has host bits set"),
        ("10.20.0.0/255.255.0.0", "got '10.20.0.0/255.255.0.0'. Write it as 10.20.0.0/16"),
        ("fd00::/16", "must be an IPv4 network such as 10.20.0.0/16; got 'fd00::/16'"),
        ("everywhere", "got 'everywhere'"),
        ("10.20.0.0/25", "too small for 4 subnets of at least /27; got '10.20.0.0/25'. Use a /24 or larger"),
    ],
)
def test_a_range_that_cannot_be_is_refused(cidr: str, error: str) -> None:
    """The message has rule, value and remedy, and `plan` says the same."""
    assert error in (subnets.vpc_cidr_error(cidr, 2) or "")
    with pytest.raises(ValueError, match="vpc cidr"):
        subnets.plan(cidr, 2)
