"""What a subnet's routes lead to, in the fields in which the provider's `aws_route_table` has each target."""

import pytest

from components.model.aws.routes import DEFAULT, Route, have_outbound_access, route_to_internet_gateway


@pytest.mark.parametrize(
    ("gateway_id", "other_target", "outbound"),
    [
        ("", "nat-1", True),
        ("", "tgw-1", True),
        ("", "vpce-1", True),  # of a Gateway Load Balancer, before a firewall
        ("", "arn:aws:networkmanager::123456789012:core-network/core-network-1", True),
        ("vgw-1", "", True),
        ("cagw-1", "", True),
        ("igw-1", "", False),
        ("local", "", False),
        ("", "", False),
    ],
)
def test_a_default_route_carries_traffic_out_unless_it_needs_a_public_address(
    gateway_id: str, other_target: str, *, outbound: bool
) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html."""
    route = Route(cidr=DEFAULT, gateway_id=gateway_id, other_target=other_target)
    assert have_outbound_access([route]) == outbound
    assert route_to_internet_gateway([route]) == (gateway_id == "igw-1")
    other = Route(cidr="10.0.0.0/8", gateway_id=gateway_id, other_target=other_target)
    assert not have_outbound_access([other])
