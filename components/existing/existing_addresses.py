"""Existing Elastic IP addresses."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..base.lookups import Lookups
from ..model.settings.settings import Settings
from .existing_network import ExistingNetwork

ALLOCATION_IDS = "load_balancer.nlb_allocation_ids"


def existing_addresses(
    settings: Settings, network: ExistingNetwork | None, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> Mapping[str, str]:
    """Look up the addresses of the Network Load Balancer: address by allocation id, in the settings' order.

    `lookups` then has ids that are not of this account and region, and a count other than one per subnet.
    """
    ids = settings.load_balancer.nlb_allocation_ids
    subnets: Sequence[str] = network.public_subnet_ids if network else ()
    if ids and subnets and len(ids) != len(subnets):
        lookups.add(
            ALLOCATION_IDS,
            f"must hold one address for each public subnet ({len(subnets)}: {', '.join(subnets)}); got "
            f"{len(ids)}",
        )
    found = {
        one: lookups.get(ALLOCATION_IDS, one, lambda one: aws.ec2.get_elastic_ip(id=one, opts=invoke))
        for one in ids
    }
    return {key: one.public_ip for key, one in found.items() if one is not None}
