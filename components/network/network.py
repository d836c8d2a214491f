"""The VPC: public and private subnets in several zones, NAT as wanted, an S3 endpoint, flow logs.

Idle cost: nothing, except the NAT gateways and their addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.lookups import UnusableError
from ..base.resource_defaults import ResourceDefaults
from ..model.aws import fargate, subnets
from ..model.iam import iam_documents
from ..model.settings.errors import at
from ..model.settings.settings import Nat


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What a `Network` is made from."""

    cidr: str
    """Address range of the VPC. A change replaces the network."""
    zone_count: int
    """Number of zones, 2 to 4."""
    nat: Nat
    """How private subnets reach the internet; with `none` they do not."""
    flow_log_retention_days: int
    """Days that flow logs are kept; 0: none are written."""
    defaults: ResourceDefaults
    """What the flow logs' group and role keep to."""


class Network(Component):
    """A VPC with one public and one private subnet in each zone.

    Makes: VPC, subnets, internet gateway, route tables, NAT gateways with addresses, a gateway endpoint for
    S3 (free, and keeps images and logs off the NAT), flow logs. The default security group lets nothing in.

    Replacement: `cidr` replaces everything in it.
    """

    vpc_id: pulumi.Output[str]
    """Id of the VPC."""
    public_subnet_ids: list[pulumi.Output[str]]
    """Subnets with a route from the internet, one a zone."""
    private_subnet_ids: list[pulumi.Output[str]]
    """Subnets with none, one a zone."""
    public_cidrs: Sequence[str]
    """The public subnets' networks."""
    private_cidrs: Sequence[str]
    """The private ones'."""
    internet: pulumi.Resource
    """The route to the internet: before it exists AWS refuses NAT gateways and public load balancers."""

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self._vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
            opts=self._child(),
        )
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=self._vpc.id, opts=self._child())
        plan = subnets.plan(args.cidr, args.zone_count)
        self.public_cidrs, self.private_cidrs = plan.public, plan.private
        zones = self._zones()
        public = [self._subnet("public", index, cidr, zones[index]) for index, cidr in enumerate(plan.public)]
        private = [
            self._subnet("private", index, cidr, zones[index]) for index, cidr in enumerate(plan.private)
        ]
        table = self._route_table("public", public)
        self.internet = self._internet(table)
        self._s3_endpoint([table, *self._private_routes(public, private)])
        if args.flow_log_retention_days:
            self._flow_logs()
        self.vpc_id = self._vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self._register()

    def _zones(self) -> Sequence[str]:
        zones = aws.get_availability_zones(
            state="available",
            exclude_zone_ids=[*fargate.ZONES_WITHOUT],
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOptions(parent=self),
        ).names
        if len(zones) < (wanted := self._args.zone_count):
            message = f"must be at most {len(zones)}, the zones that Fargate has here; got {wanted}"
            raise UnusableError([at("availability_zone_count", message)])
        return zones

    def _subnet(self, kind: str, index: int, cidr: str, zone: pulumi.Input[str]) -> aws.ec2.Subnet:
        name = f"{self._name}-{kind}-{index}"
        return aws.ec2.Subnet(
            name,
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags={"Name": name},
            opts=self._child(),
        )

    def _internet(self, table: aws.ec2.RouteTable) -> aws.ec2.Route:
        gateway = aws.ec2.InternetGateway(
            f"{self._name}-internet", vpc_id=self._vpc.id, tags={"Name": self._name}, opts=self._child()
        )
        return aws.ec2.Route(
            f"{self._name}-public-internet",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self._child(),
        )

    def _private_routes(
        self, public: list[aws.ec2.Subnet], private: list[aws.ec2.Subnet]
    ) -> list[aws.ec2.RouteTable]:
        """Make a table for each subnet, whatever `nat` is: AWS refuses a second one while there is one."""
        tables = [self._route_table(f"private-{index}", [subnet]) for index, subnet in enumerate(private)]
        gateways = [self._nat_gateway(index, public[index]) for index in range(self._nat_count(len(public)))]
        for index, table in enumerate(tables if gateways else []):
            aws.ec2.Route(
                f"{self._name}-private-{index}-nat",
                route_table_id=table.id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=gateways[min(index, len(gateways) - 1)].id,
                opts=self._child(),
            )
        return tables

    def _nat_count(self, zone_count: int) -> int:
        return {Nat.NONE: 0, Nat.SINGLE: 1, Nat.PER_ZONE: zone_count}[self._args.nat]

    def _route_table(self, kind: str, members: list[aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{kind}"
        table = aws.ec2.RouteTable(name, vpc_id=self._vpc.id, tags={"Name": name}, opts=self._child())
        for index, subnet in enumerate(members):
            aws.ec2.RouteTableAssociation(
                f"{name}-routes-{index}", route_table_id=table.id, subnet_id=subnet.id, opts=self._child()
            )
        return table

    def _nat_gateway(self, index: int, public: aws.ec2.Subnet) -> aws.ec2.NatGateway:
        name = f"{self._name}-private-{index}-nat"
        opts = self._child(pulumi.ResourceOptions(depends_on=self.internet))
        address = aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=opts)
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=public.id, tags={"Name": name}, opts=opts
        )

    def _s3_endpoint(self, tables: list[aws.ec2.RouteTable]) -> None:
        region = aws.get_region_output(opts=pulumi.InvokeOutputOptions(parent=self)).region
        aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc.id,
            service_name=pulumi.Output.concat("com.amazonaws.", region, ".s3"),
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            tags={"Name": f"{self._name}-s3"},
            opts=self._child(),
        )

    def _flow_logs(self) -> None:
        name = f"{self._name}-flow-logs"
        defaults, days = self._args.defaults, self._args.flow_log_retention_days
        group = defaults.log_group(name, self._child(), retention_days=days)
        role = defaults.role(
            name,
            service="vpc-flow-logs.amazonaws.com",
            document=group.arn.apply(iam_documents.flow_logs),
            opts=self._child(),
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=self._vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            opts=self._child(),
        )
