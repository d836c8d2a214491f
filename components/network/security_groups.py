"""One security group for each member of the cluster, and rules for exactly the traffic it needs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.services.ingress import LOAD_BALANCER, NETWORK_LOAD_BALANCER, PROVIDER_PORT
from ..model.workload.traffic_rules import TrafficRule


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """What `SecurityGroups` are made from."""

    vpc_id: pulumi.Input[str]
    """The VPC they belong to."""
    members: Sequence[str]
    """The services and one-off tasks with a dedicated group, which also allows all outbound traffic."""
    flows: Sequence[TrafficRule]
    """All traffic that is let through between members."""
    public_load_balancer: str
    """The load balancer that receives the inbound traffic of users."""
    load_balancer_ports: Sequence[int]
    """Its ports."""
    ingress_cidrs: Sequence[str]
    """Networks that may reach those ports."""
    external_sources: Sequence[TrafficRule]
    """Traffic from security groups of others, given by id as the source."""
    calls_oidc_provider: bool
    """Whether the load balancer calls an OpenID provider, on the internet or in the network."""


class SecurityGroups(Component):
    """Makes a group for each service, database, broker and load balancer, and one rule for each flow."""

    ids: Mapping[str, pulumi.Output[str]]
    """Id of the security group by member."""

    def __init__(
        self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._name = name
        members = {*args.members, *(end for flow in args.flows for end in (flow.source, flow.target))}
        self._groups = {member: self._group(member, args.vpc_id) for member in sorted(members)}
        for flow in args.flows:
            self._flow(flow)
        for member in args.members:
            self._outbound_access(member)
        for port in args.load_balancer_ports:
            for cidr in args.ingress_cidrs:
                self._ingress_rule(args.public_load_balancer, port, cidr)
        for source in args.external_sources:
            self._external_source(source)
        if args.calls_oidc_provider:
            self._call_provider()
        self.ids = {member: group.id for member, group in self._groups.items()}
        self._register()

    def _group(self, member: str, vpc_id: pulumi.Input[str]) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{member}",
            description=f"Airflow: {member}",
            vpc_id=vpc_id,
            tags={"Name": f"{self._name}-{member}"},
            opts=self._child(),
        )

    def _flow(self, flow: TrafficRule) -> None:
        source, target = self._groups[flow.source], self._groups[flow.target]
        # Only a load balancer is reached on several ports.
        where = f"{flow.target}-{flow.port}" if flow.target == LOAD_BALANCER else flow.target
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{where}-from-{flow.source}",
            security_group_id=target.id,
            referenced_security_group_id=source.id,
            from_port=flow.port,
            to_port=flow.port,
            ip_protocol="tcp",
            description=flow.description,
            opts=self._child(),
        )
        if flow.source in (LOAD_BALANCER, NETWORK_LOAD_BALANCER):
            aws.vpc.SecurityGroupEgressRule(
                f"{self._name}-{flow.source}-to-{where}",
                security_group_id=source.id,
                referenced_security_group_id=target.id,
                from_port=flow.port,
                to_port=flow.port,
                ip_protocol="tcp",
                description=flow.description,
                opts=self._child(),
            )

    def _outbound_access(self, member: str) -> None:
        # Pipelines call whom they like; what may call them is the rules above.
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{member}-out",
            security_group_id=self._groups[member].id,
            cidr_ipv4="0.0.0.0/0",
            ip_protocol="-1",
            description=f"{member} to AWS and the internet",
            opts=self._child(),
        )

    def _call_provider(self) -> None:
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{LOAD_BALANCER}-to-provider",
            security_group_id=self._groups[LOAD_BALANCER].id,
            cidr_ipv4="0.0.0.0/0",
            from_port=PROVIDER_PORT,
            to_port=PROVIDER_PORT,
            ip_protocol="tcp",
            description="load-balancer to the OpenID provider",
            opts=self._child(),
        )

    def _ingress_rule(self, balancer: str, port: int, cidr: str) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{balancer}-{port}-from-{cidr.replace('/', '-')}",
            security_group_id=self._groups[balancer].id,
            cidr_ipv4=cidr,
            from_port=port,
            to_port=port,
            ip_protocol="tcp",
            description=f"users in {cidr}",
            opts=self._child(),
        )

    def _external_source(self, flow: TrafficRule) -> None:
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{flow.target}-{flow.port}-from-{flow.source}",
            security_group_id=self._groups[flow.target].id,
            referenced_security_group_id=flow.source,
            from_port=flow.port,
            to_port=flow.port,
            ip_protocol="tcp",
            description=flow.description,
            opts=self._child(),
        )
