"""How users come in: certificate, load balancers, and the record of the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..existing.existing import Existing
from ..model.services import entrance as doors
from ..model.settings.settings import Settings
from ..services.foundation import Foundation
from .certificate import Certificate, CertificateArgs
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .network_load_balancer import NetworkLoadBalancer, NetworkLoadBalancerArgs


@dataclass(frozen=True, kw_only=True)
class Entrance:
    """Where users come in."""

    url: pulumi.Output[str]
    """Where they go, without a slash at the end."""
    alb_dns_name: pulumi.Output[str]
    """AWS's name of the Application Load Balancer."""
    nlb_dns_name: pulumi.Output[str] | None
    """AWS's name of the Network Load Balancer in front of it, if there is one."""
    nlb_addresses: Sequence[pulumi.Output[str]]
    """The public addresses of that one, which never change."""
    target_group_arns: Mapping[str, pulumi.Output[str]]
    """Target group by role; known only once a listener leads to it, as ECS wants it."""


@dataclass(frozen=True, kw_only=True)
class EntranceArgs:
    """What an entrance is made from."""

    settings: Settings
    """What the cluster was told."""
    existing: Existing
    """What is there already: zone, addresses, secret of the gate."""
    foundation: Foundation
    """Network and security groups."""


def make_entrance(name: str, args: EntranceArgs, opts: pulumi.ResourceOptions) -> Entrance:
    """Make certificate, load balancers and record; the record leads to the outer load balancer."""
    settings = args.settings.load_balancer
    opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=args.foundation.internet))
    inner = _application(name, args, opts)
    network = _network(name, args, inner, opts) if settings.network else None
    outer = network or inner
    if args.existing.hosted_zone_id is not None:
        aws.route53.Record(
            name,
            zone_id=args.existing.hosted_zone_id,
            name=settings.domain,
            type="A",
            aliases=[{"name": outer.dns_name, "zone_id": outer.zone_id, "evaluate_target_health": False}],
            # Whichever load balancer it leads to, it stays the same record.
            opts=pulumi.ResourceOptions(parent=inner),
        )
    return Entrance(
        url=outer.dns_name.apply(lambda host: doors.url(settings, host)),
        alb_dns_name=inner.dns_name,
        nlb_dns_name=network.dns_name if network else None,
        nlb_addresses=network.addresses if network else [],
        target_group_arns=inner.target_group_arns,
    )


def _application(name: str, args: EntranceArgs, opts: pulumi.ResourceOptions) -> LoadBalancer:
    settings, network = args.settings.load_balancer, args.foundation.network
    return LoadBalancer(
        name,
        LoadBalancerArgs(
            settings=settings,
            certificate_arn=_certificate_arn(name, args, opts),
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids
            if settings.application_internal
            else network.public_subnet_ids,
            security_group_id=args.foundation.security_group_ids[doors.LOAD_BALANCER],
            protect=args.settings.protect_data,
            flower=bool(args.settings.flower.count),
            gate_client_secret=args.existing.gate_client_secret,
        ),
        opts,
    )


def _certificate_arn(name: str, args: EntranceArgs, opts: pulumi.ResourceOptions) -> pulumi.Input[str] | None:
    settings, zone_id = args.settings.load_balancer, args.existing.hosted_zone_id
    if not settings.makes_certificate or zone_id is None:
        return settings.certificate_arn or None
    certificate = CertificateArgs(domain=settings.domain, hosted_zone_id=zone_id)
    return Certificate(f"{name}-certificate", certificate, opts).arn


def _network(
    name: str, args: EntranceArgs, inner: LoadBalancer, opts: pulumi.ResourceOptions
) -> NetworkLoadBalancer:
    settings, network = args.settings.load_balancer, args.foundation.network
    return NetworkLoadBalancer(
        f"{name}-nlb",
        NetworkLoadBalancerArgs(
            settings=settings,
            vpc_id=network.vpc_id,
            subnet_ids=network.private_subnet_ids if settings.internal else network.public_subnet_ids,
            security_group_id=args.foundation.security_group_ids[doors.NETWORK_LOAD_BALANCER],
            target_arn=inner.arn,
            addresses=args.existing.addresses,
            protect=args.settings.protect_data,
        ),
        opts,
    )
