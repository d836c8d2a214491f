"""An existing VPC: looked up and checked, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.lookups import Lookups
from ..model.aws import routes, subnets
from ..model.settings.errors import name_of
from ..model.settings.settings import Nat, Settings, VpcSettings

MIN_ZONES = 2
"""RDS, ElastiCache and load balancers want subnets in two zones."""


@dataclass(frozen=True, kw_only=True)
class ExistingNetwork:
    """What a cluster must know of its network."""

    vpc_id: str
    """Id of the VPC."""
    public_subnet_ids: Sequence[str]
    """Subnets with a route from the internet; none where nothing public is wanted."""
    private_subnet_ids: Sequence[str]
    """Subnets with none."""
    public_cidrs: Sequence[str]
    """The public subnets' networks."""
    private_cidrs: Sequence[str]
    """The private ones'."""


def existing_network(
    settings: Settings, lookups: Lookups, invoke: pulumi.InvokeOptions
) -> ExistingNetwork | None:
    """Find the VPC and the subnets that the settings name, and check zones, names and routes.

    Returns:
        The network, or None when it cannot be used; `lookups` then has the reasons.
    """
    vpc_id = _vpc_id(settings.vpc, lookups, invoke)
    if vpc_id is None:
        return None
    look = _Look(vpc_id, lookups, invoke)
    look.check_vpc()
    vpc = settings.vpc
    public = look.subnet_ids("vpc.public_subnet", vpc.public_subnet_ids, vpc.public_subnet_tag)
    private = look.subnet_ids("vpc.private_subnet", vpc.private_subnet_ids, vpc.private_subnet_tag)
    look.check_public(public)
    if settings.nat is not Nat.NONE:
        look.check_outbound_access(private, routes.needed_services(settings.extra_secrets))
    return ExistingNetwork(
        vpc_id=vpc_id,
        public_subnet_ids=public,
        private_subnet_ids=private,
        public_cidrs=[look.cidrs[one] for one in public],
        private_cidrs=[look.cidrs[one] for one in private],
    )


def _vpc_id(settings: VpcSettings, lookups: Lookups, invoke: pulumi.InvokeOptions) -> str | None:
    if settings.id:
        found = aws.ec2.get_vpcs(filters=[{"name": "vpc-id", "values": [settings.id]}], opts=invoke).ids
        if found:
            return settings.id
        lookups.add("vpc.id", f"must name a VPC of this account and region; {settings.id} does not exist")
        return None
    found = aws.ec2.get_vpcs(tags=_tag(settings.tag), opts=invoke).ids
    if len(found) == 1:
        return found[0]
    names = f": {', '.join(sorted(found))}" if found else ""
    lookups.add(
        "vpc.tag",
        f"must name one VPC of this account and region; {len(found)} have {settings.tag!r}{names}. Set "
        f"{name_of('vpc.id')} instead",
    )
    return None


class _Look:
    """Looks into one VPC; `cidrs` are those of the subnets that were found."""

    def __init__(self, vpc_id: str, lookups: Lookups, invoke: pulumi.InvokeOptions) -> None:
        self._vpc_id, self._lookups, self._invoke = vpc_id, lookups, invoke
        self.cidrs = dict[str, str]()

    def check_vpc(self) -> None:
        """Private names and the database's endpoint resolve only with both DNS attributes."""
        vpc = aws.ec2.get_vpc(id=self._vpc_id, opts=self._invoke)
        attributes = {
            "enableDnsSupport": vpc.enable_dns_support,
            "enableDnsHostnames": vpc.enable_dns_hostnames,
        }
        account_id = aws.get_caller_identity(opts=self._invoke).account_id
        for why in subnets.vpc_errors(vpc.owner_id, account_id, attributes):
            self._lookups.add("vpc.id", f"names {self._vpc_id}, {why}")

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
            self._lookups.add(path, f"must hold subnets of {self._vpc_id}; {missing} is not one of them")
        chosen = [one for one in ids if one in found] if ids else found
        subnets = {one: aws.ec2.get_subnet(id=one, opts=self._invoke) for one in chosen}
        self.cidrs |= {one: subnet.cidr_block for one, subnet in subnets.items()}
        zones = {subnet.availability_zone for subnet in subnets.values()}
        if len(zones) < MIN_ZONES:
            listed = f"these are in {', '.join(sorted(zones))}" if zones else "no subnet has it"
            self._lookups.add(path, f"must give subnets in at least {MIN_ZONES} zones; {listed}")
        return chosen

    def check_public(self, subnet_ids: Sequence[str]) -> None:
        """An internet gateway must be their default route."""
        for subnet_id in subnet_ids:
            if not routes.route_to_internet_gateway(self._routes(subnet_id)):
                self._lookups.add(
                    "vpc.public_subnet_ids",
                    f"or {name_of('vpc.public_subnet_tag')} gives {subnet_id}, which has no default route to "
                    "an internet gateway. Name public subnets",
                )

    def check_outbound_access(self, subnet_ids: Sequence[str], services: Sequence[str]) -> None:
        """A default route, or an endpoint for every AWS service that the tasks call."""
        tables = {one: self._routes(one) for one in subnet_ids}
        closed = [one for one, table in tables.items() if not routes.have_outbound_access(table)]
        if not closed or not (missing := self._missing_endpoints(services)):
            return
        public = [one for one in closed if routes.route_to_internet_gateway(tables[one])]
        if public:
            self._lookups.add(
                "nat",
                f"must be none, or the private subnets must reach AWS: {', '.join(public)} have a default "
                "route to an internet gateway, which serves public addresses only, "
                f"and {self._vpc_id} has no endpoints for {', '.join(missing)}",
            )
        else:
            # The provider's data source leaves out propagated routes, and names may resolve to other VPCs'
            # endpoints. https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/route_table
            pulumi.log.warn(
                f"{', '.join(closed)} have no default route that Pulumi can see, and {self._vpc_id} has no "
                f"endpoints for {', '.join(missing)}: tasks that do not reach AWS fail to start"
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
                or route.vpc_peering_connection_id
                or route.vpc_endpoint_id
                or route.core_network_arn
                or route.carrier_gateway_id,
            )
            for route in aws.ec2.get_route_table(route_table_id=ids[0], opts=self._invoke).routes
        ]

    def _route_tables(self, name: str, value: str) -> list[str]:
        found = aws.ec2.get_route_tables(
            vpc_id=self._vpc_id, filters=[{"name": name, "values": [value]}], opts=self._invoke
        )
        return [*found.ids]

    def _missing_endpoints(self, services: Sequence[str]) -> list[str]:
        region = aws.get_region(opts=self._invoke).region
        return [name for name in services if not self._has_endpoint(f"com.amazonaws.{region}.{name}")]

    def _has_endpoint(self, service_name: str) -> bool:
        aside = Lookups()
        found = aside.get(
            "nat",
            service_name,
            lambda name: aws.ec2.get_vpc_endpoint(
                vpc_id=self._vpc_id, service_name=name, state="available", opts=self._invoke
            ),
        )
        # S3 often has two, a gateway and an interface, which the data source takes for an error.
        return found is not None or any("multiple EC2 VPC Endpoints" in one.message for one in aside.found)


def _tag(text: str) -> dict[str, str]:
    key, _, value = text.partition("=")
    return {key: value}
