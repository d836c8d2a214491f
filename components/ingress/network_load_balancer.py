"""The Network Load Balancer in front of the Application Load Balancer, where one is wanted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.aws import aws_names
from ..model.services import ingress
from ..model.settings.settings import LoadBalancerSettings
from .load_balancer import HEALTH_CHECK

OWN_IDLE_SECONDS = 350
"""AWS's default idle timeout; the connection is then dropped silently.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html
"""
IDLE_MARGIN_SECONDS = 60
"""How much longer than the load balancer behind, whose part it is to close what is idle."""


@dataclass(frozen=True, kw_only=True)
class NetworkLoadBalancerArgs:
    """What a `NetworkLoadBalancer` is made from."""

    settings: LoadBalancerSettings
    """Ports, scheme, timeout."""
    vpc_id: pulumi.Input[str]
    """The VPC of both load balancers."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Public subnets in at least two zones, or private ones for an internal load balancer."""
    security_group_id: pulumi.Input[str]
    """Allows the inbound traffic of users."""
    target_arn: pulumi.Input[str]
    """The Application Load Balancer."""
    listening: Sequence[pulumi.Resource]
    """Its listeners: AWS takes no target that does not listen at the port."""
    health_path: str
    """What the Application Load Balancer answers 200 to while users are served."""
    addresses: Mapping[str, str]
    """Existing Elastic IPs by allocation id, one for each subnet; empty: they are created."""
    protect: bool
    """Refuse deletion at AWS: the addresses that others have in their firewalls would be lost."""


class NetworkLoadBalancer(Component):
    """An NLB that forwards each port to the Application Load Balancer, unchanged.

    TLS, redirects, rejected paths and OIDC stay with that one, which sees the clients' IP addresses.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html
    """

    dns_name: pulumi.Output[str]
    """AWS's name of the load balancer."""
    zone_id: pulumi.Output[str]
    """The hosted zone of that name, for an alias."""
    addresses: Sequence[pulumi.Output[str]]
    """Its public addresses, one a zone, which never change; none where it is internal."""

    def __init__(
        self, name: str, args: NetworkLoadBalancerArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        found = [] if args.settings.internal else self._addresses()
        self._balancer = self._make(found)
        for port in ingress.ports(args.settings):
            self._forward(port)
        self.dns_name, self.zone_id = self._balancer.dns_name, self._balancer.zone_id
        self.addresses = [address for _, address in found]
        self._register()

    def _addresses(self) -> list[tuple[pulumi.Input[str], pulumi.Output[str]]]:
        """Give allocation id and address for each subnet."""
        if self._args.addresses:
            return [(key, pulumi.Output.from_input(one)) for key, one in self._args.addresses.items()]
        made = [
            aws.ec2.Eip(name, domain="vpc", tags={"Name": name}, opts=self._child())
            for name in (f"{self._name}-{index}" for index in range(len(self._args.subnet_ids)))
        ]
        return [(one.id, one.public_ip) for one in made]

    def _make(self, addresses: Sequence[tuple[pulumi.Input[str], pulumi.Output[str]]]) -> aws.lb.LoadBalancer:
        args = self._args
        return aws.lb.LoadBalancer(
            aws_names.fitting("aws:lb/loadBalancer:LoadBalancer", self._name),
            load_balancer_type="network",
            internal=args.settings.internal,
            subnets=None if addresses else [*args.subnet_ids],
            subnet_mappings=[
                {"subnet_id": subnet, "allocation_id": allocation}
                for subnet, (allocation, _) in zip(args.subnet_ids, addresses, strict=True)
            ]
            if addresses
            else None,
            # A group can only be changed later where there was one from the start.
            security_groups=[args.security_group_id],
            enable_cross_zone_load_balancing=True,
            enable_deletion_protection=args.protect,
            # Neither addresses nor target groups can belong to two load balancers at once.
            opts=self._child(pulumi.ResourceOptions(delete_before_replace=True)),
        )

    def _forward(self, port: int) -> None:
        target = self._target(port)
        idle = self._args.settings.idle_timeout_seconds + IDLE_MARGIN_SECONDS
        aws.lb.Listener(
            f"{self._name}-{port}",
            load_balancer_arn=self._balancer.arn,
            port=port,
            protocol="TCP",
            tcp_idle_timeout_seconds=idle if idle > OWN_IDLE_SECONDS else None,
            default_actions=[{"type": "forward", "target_group_arn": target.arn}],
            opts=self._child(),
        )

    def _target(self, port: int) -> aws.lb.TargetGroup:
        tls = self._args.settings.https and port == ingress.HTTPS_PORT
        group = aws.lb.TargetGroup(
            aws_names.fitting("aws:lb/targetGroup:TargetGroup", f"{self._name}-{port}"),
            vpc_id=self._args.vpc_id,
            target_type="alb",
            protocol="TCP",
            port=port,
            health_check={
                **HEALTH_CHECK,
                "protocol": "HTTPS" if tls else "HTTP",
                "path": self._args.health_path,
                "matcher": "200-399",  # a redirect to HTTPS is an answer too
            },
            opts=self._child(),
        )
        aws.lb.TargetGroupAttachment(
            f"{self._name}-{port}",
            target_group_arn=group.arn,
            target_id=self._args.target_arn,
            port=port,
            opts=self._child(pulumi.ResourceOptions(depends_on=self._args.listening)),
        )
        return group
