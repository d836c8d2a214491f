"""Elastic IP addresses that are there already."""

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from ..base.lookups import Errors
from ..model.settings.settings import Settings
from .existing_network import ExistingNetwork

ALLOCATION_IDS = "load_balancer.network_allocation_ids"


def existing_addresses(
    settings: Settings, network: ExistingNetwork | None, errors: Errors, invoke: pulumi.InvokeOptions
) -> Mapping[str, str]:
    """Look up the addresses of the Network Load Balancer: address by allocation id, in the settings' order.

    `errors` then says what is no address of this account and region, and whether there is one a subnet.
    """
    ids = settings.load_balancer.network_allocation_ids
    subnets: Sequence[str] = network.public_subnet_ids if network else ()
    if ids and subnets and len(ids) != len(subnets):
        errors.add(
            ALLOCATION_IDS,
            f"must hold one address for each public subnet ({len(subnets)}: {', '.join(subnets)}); got "
            f"{len(ids)}",
        )
    found = {
        one: errors.ask(ALLOCATION_IDS, lambda one=one: aws.ec2.get_elastic_ip(id=one, opts=invoke))
        for one in ids
    }
    return {key: one.public_ip for key, one in found.items() if one is not None}
