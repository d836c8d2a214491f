"""How a VPC's address range is cut into subnets."""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SMALLEST_SUBNET_PREFIX = 27
"""An Application Load Balancer wants at least a /27 in each zone.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
"""
NAMED_NETWORK_PREFIX = 8
"""A network wider than a /8 belongs to nobody: 0.0.0.0/1 and 128.0.0.0/1 together are the whole internet."""
VPC_PREFIXES = range(16, 28 + 1)
"""https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html"""


@dataclass(frozen=True, kw_only=True)
class SubnetPlan:
    """The CIDR blocks of a VPC's subnets, one of each kind a zone."""

    public: tuple[str, ...]
    private: tuple[str, ...]


def vpc_errors(owner_id: str, account_id: str, dns_attributes: Mapping[str, bool]) -> Iterator[str]:
    """Yield why a VPC that exists cannot have the cluster's private names.

    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-creating.html
    """
    if owner_id != account_id:
        yield (
            f"which account {owner_id} shares: a zone of private names is created only in a VPC of its own "
            f"account, {account_id}. Name one of that account"
        )
    for attribute, on in dns_attributes.items():
        if not on:
            yield f"whose {attribute} is off: switch it on"


def vpc_cidr_error(cidr: str, zones: int) -> str | None:
    """Return why a VPC cannot have this address range with this number of zones, or None."""
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        return f"must be an IPv4 network such as 10.20.0.0/16; got {cidr!r} ({error})"
    if str(network) != cidr:
        return f"must be an IPv4 network such as 10.20.0.0/16; got {cidr!r}. Write it as {network}"
    if network.prefixlen not in VPC_PREFIXES:
        return f"must have a prefix from /16 to /28 (a rule of AWS); got {cidr!r}"
    if network.prefixlen + _prefix_growth(zones) > SMALLEST_SUBNET_PREFIX:
        largest = SMALLEST_SUBNET_PREFIX - _prefix_growth(zones)
        return (
            f"is too small for {2 * zones} subnets of at least /{SMALLEST_SUBNET_PREFIX}; got {cidr!r}. "
            f"Use a /{largest} or larger"
        )
    return None


def plan(cidr: str, zones: int) -> SubnetPlan:
    """Cut a VPC into equal parts: private subnets from the front, public ones from the middle.

    The number of parts is a power of two with room for both kinds, so that a zone added later
    (within the same power) moves no existing subnet.

    Raises:
        ValueError: the range is not a network, or too small.
    """
    if error := vpc_cidr_error(cidr, zones):
        raise ValueError(f"vpc cidr {error}")
    blocks = [
        str(block) for block in ipaddress.IPv4Network(cidr).subnets(prefixlen_diff=_prefix_growth(zones))
    ]
    half = len(blocks) // 2
    return SubnetPlan(private=tuple(blocks[:zones]), public=tuple(blocks[half : half + zones]))


def _prefix_growth(zones: int) -> int:
    """By how many bits the prefix grows: room for two kinds of subnet in up to four zones, or more."""
    return (2 * max(zones, 4) - 1).bit_length()
