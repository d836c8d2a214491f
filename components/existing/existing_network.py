"""A VPC that is there already: looked up and checked, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.lookups import Errors
from ..model.aws import routes
from ..model.settings.errors import name_of
from ..model.settings.settings import Nat, Settings, VpcSettings

MIN_ZONES = 2
"""RDS, ElastiCache and load balancers want subnets in two zones."""


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork:
    """What a cluster must know of its network."""

    vpc_id: str
    """Id of the VPC."""
    cidrs: Sequence[str]
    """Its IPv4 networks."""
    public_subnet_ids: Sequence[str]
    """Subnets with a route from the internet; none where nothing public is wanted."""
    private_subnet_ids: Sequence[str]
    """Subnets with none."""


def existing_network(
    settings: Settings, errors: Errors, invoke: pulumi.InvokeOptions
) -> ExistingNetwork | None:
    """Find the VPC and the subnets that the settings name, and check zones, names and routes.

    Returns:
        The network, or None when it cannot be used; `errors` then says why.
    """
    vpc_id = _vpc_id(settings.vpc, errors, invoke)
    if vpc_id is None:
        return None
    look = _Look(vpc_id, errors, invoke)
    vpc_cidrs = look.check_vpc()
    vpc = settings.vpc
    public = look.subnet_ids("vpc.public_subnet", vpc.public_subnet_ids, vpc.public_subnet_tag)
    private = look.subnet_ids("vpc.private_subnet", vpc.private_subnet_ids, vpc.private_subnet_tag)
    look.check_public(public)
    if settings.nat is not Nat.NONE:
        look.check_way_out(private)
    return ExistingNetwork(
        vpc_id=vpc_id, cidrs=vpc_cidrs, public_subnet_ids=public, private_subnet_ids=private
    )


def _vpc_id(settings: VpcSettings, errors: Errors, invoke: pulumi.InvokeOptions) -> str | None:
    if settings.id:
        found = aws.ec2.get_vpcs(filters=[{"name": "vpc-id", "values": [settings.id]}], opts=invoke).ids
        if found:
            return settings.id
        errors.add("vpc.id", f"must name a VPC of this account and region; {settings.id} does not exist")
        return None
    found = aws.ec2.get_vpcs(tags=_tag(settings.tag), opts=invoke).ids
    if len(found) == 1:
        return found[0]
    names = f": {', '.join(sorted(found))}" if found else ""
    errors.add(
        "vpc.tag",
        f"must name one VPC of this account and region; {len(found)} have {settings.tag!r}{names}. Set "
        f"{name_of('vpc.id')} instead",
    )
    return None


class _Look:
    """Looks into one VPC."""

    def __init__(self, vpc_id: str, errors: Errors, invoke: pulumi.InvokeOptions) -> None:
        self._vpc_id, self._errors, self._invoke = vpc_id, errors, invoke

    def check_vpc(self) -> list[str]:
        """Give the VPC's networks.

        Private names and the database's endpoint resolve only with both of its DNS attributes.
        """
        vpc = aws.ec2.get_vpc(id=self._vpc_id, opts=self._invoke)
        for attribute, on in (
            ("enableDnsSupport", vpc.enable_dns_support),
            ("enableDnsHostnames", vpc.enable_dns_hostnames),
        ):
            if not on:
                self._errors.add("vpc.id", f"names {self._vpc_id}, whose {attribute} is off: switch it on")
        return sorted(one.cidr_block for one in vpc.cidr_block_associations)

    def subnet_ids(self, path: str, ids: Sequence[str], tag: str) -> list[str]:
        """Give the subnets of one kind, by id or tag, if they lie in this VPC and in two zones."""
        if not ids and not tag:
            return []
        path = f"{path}_ids" if ids else f"{path}_tag"
        found = sorted(
            aws.ec2.get_subnets(
                filters=[{"name": "vpc-id", "values": [self._vpc_id]}],
                tags=_tag(tag) if tag else None,
                opts=self._invoke,
            ).ids
        )
        for missing in [one for one in ids if one not in found]:
            self._errors.add(path, f"must hold subnets of {self._vpc_id}; {missing} is not one of them")
        chosen = [one for one in ids if one in found] if ids else found
        zones = {aws.ec2.get_subnet(id=one, opts=self._invoke).availability_zone for one in chosen}
        if len(zones) < MIN_ZONES:
            listed = f"these are in {', '.join(sorted(zones))}" if zones else "no subnet has it"
            self._errors.add(path, f"must give subnets in at least {MIN_ZONES} zones; {listed}")
        return chosen

    def check_public(self, subnet_ids: Sequence[str]) -> None:
        """An internet gateway must be their default route."""
        for subnet_id in subnet_ids:
            if not routes.leads_to_internet_gateway(self._routes(subnet_id)):
                self._errors.add(
                    "vpc.public_subnet_ids",
                    f"or {name_of('vpc.public_subnet_tag')} gives {subnet_id}, which has no default route to "
                    "an internet gateway. Name public subnets",
                )

    def check_way_out(self, subnet_ids: Sequence[str]) -> None:
        """A default route, or an endpoint for every AWS service that the tasks call."""
        closed = [one for one in subnet_ids if not routes.leads_out(self._routes(one))]
        if not closed:
            return
        if missing := self._missing_endpoints():
            self._errors.add(
                "nat",
                f"must be none, or the private subnets must reach AWS: {', '.join(closed)} have no default "
                f"route, and {self._vpc_id} has no endpoints for {', '.join(missing)}",
            )

    def _routes(self, subnet_id: str) -> list[routes.Route]:
        ids = self._route_tables("association.subnet-id", subnet_id) or self._route_tables(
            "association.main", "true"
        )
        return [
            routes.Route(
                cidr=route.cidr_block,
                gateway_id=route.gateway_id,
                other_target=route.nat_gateway_id
                or route.transit_gateway_id
                or route.network_interface_id
                or route.instance_id
                or route.vpc_peering_connection_id,
            )
            for route in aws.ec2.get_route_table(route_table_id=ids[0], opts=self._invoke).routes
        ]

    def _route_tables(self, name: str, value: str) -> list[str]:
        found = aws.ec2.get_route_tables(
            vpc_id=self._vpc_id, filters=[{"name": name, "values": [value]}], opts=self._invoke
        )
        return [*found.ids]

    def _missing_endpoints(self) -> list[str]:
        region = aws.get_region(opts=self._invoke).region
        return [
            name for name in routes.NEEDED_SERVICES if not self._endpoint(f"com.amazonaws.{region}.{name}")
        ]

    def _endpoint(self, service_name: str) -> bool:
        aside = Errors()
        return (
            aside.ask(
                service_name,
                lambda: aws.ec2.get_vpc_endpoint(
                    vpc_id=self._vpc_id, service_name=service_name, state="available", opts=self._invoke
                ),
            )
            is not None
        )


def _tag(text: str) -> dict[str, str]:
    key, _, value = text.partition("=")
    return {key: value}
