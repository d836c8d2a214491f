"""How users reach the cluster: certificate, load balancers, and the record of the domain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..existing.existing import Existing
from ..model.services import ingress as endpoints
from ..model.settings.settings import Settings
from ..model.workload.workload import Workload
from ..services.shared_infrastructure import SharedInfrastructure
from .certificate import Certificate, CertificateArgs
from .load_balancer import LoadBalancer, LoadBalancerArgs
from .network_load_balancer import NetworkLoadBalancer, NetworkLoadBalancerArgs


@dataclass(frozen=True, kw_only=True)
class IngressArgs:
    """Inputs of an `Ingress`."""

    workload: Workload
    """The settings, and which services users reach."""
    existing: Existing
    """Hosted zone, addresses and client secret that exist."""
    shared: SharedInfrastructure
    """Network and security groups."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings


class Ingress(Component):
    """Makes the load balancers and, with a domain, its certificate and record.

    The record is an alias of the outer load balancer: the network load balancer where there is one.
    """

    url: pulumi.Output[str]
    """Where users go, without a slash at the end."""
    alb_dns_name: pulumi.Output[str]
    """DNS name of the Application Load Balancer."""
    nlb_dns_name: pulumi.Output[str] | None
    """DNS name of the Network Load Balancer in front of it, if there is one."""
    nlb_addresses: Sequence[pulumi.Output[str]]
    """The public addresses of the Network Load Balancer, which never change."""
    certificate_arn: pulumi.Output[str] | None
    """The certificate that users see, if there is one."""
    arn_suffix: pulumi.Output[str]
    """What CloudWatch names the Application Load Balancer."""
    target_group_suffixes: Mapping[str, pulumi.Output[str]]
    """What CloudWatch names its target groups, by service."""
    target_group_arns: Mapping[str, pulumi.Output[str]]
    """Target group by service; a service may use it once `listening` exists."""
    listening: Sequence[pulumi.Resource]
    """Listeners and rules: ECS takes no target group without a listener that forwards to it."""

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings = args.settings.load_balancer
        certificate_arn = self._certificate_arn()
        inner = self._application(certificate_arn)
        network = self._network(inner) if settings.nlb else None
        outer = network or inner
        if args.existing.hosted_zone_id is not None:
            aws.route53.Record(
                name,
                zone_id=args.existing.hosted_zone_id,
                name=settings.domain,
                type="A",
                aliases=[{"name": outer.dns_name, "zone_id": outer.zone_id, "evaluate_target_health": False}],
                opts=self._child(),
            )
        self.url = outer.dns_name.apply(lambda host: endpoints.url(settings, host))
        self.alb_dns_name = inner.dns_name
        self.nlb_dns_name = network.dns_name if network else None
        self.nlb_addresses = network.addresses if network else []
        self.certificate_arn = pulumi.Output.from_input(certificate_arn) if certificate_arn else None
        self.arn_suffix, self.target_group_suffixes = inner.arn_suffix, inner.target_group_suffixes
        self.target_group_arns = inner.target_group_arns
        self.listening = inner.listening
        self._register()

    def _after_internet(self) -> pulumi.ResourceOptions:
        return self._child(pulumi.ResourceOptions(depends_on=self._args.shared.internet))

    def _application(self, certificate_arn: pulumi.Input[str] | None) -> LoadBalancer:
        args, settings, network = self._args, self._args.settings.load_balancer, self._args.shared.network
        return LoadBalancer(
            self._name,
            LoadBalancerArgs(
                settings=settings,
                certificate_arn=certificate_arn,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids
                if settings.application_internal
                else network.public_subnet_ids,
                security_group_id=args.shared.security_group_ids[endpoints.LOAD_BALANCER],
                protect=args.settings.protect_data,
                services=args.workload.targets,
                oidc_client_secret=args.existing.oidc_client_secret,
            ),
            self._after_internet(),
        )

    def _certificate_arn(self) -> pulumi.Input[str] | None:
        settings, zone_id = self._args.settings.load_balancer, self._args.existing.hosted_zone_id
        if not settings.makes_certificate or zone_id is None:
            return settings.certificate_arn or None
        certificate = CertificateArgs(domain=settings.domain, hosted_zone_id=zone_id)
        return Certificate(f"{self._name}-certificate", certificate, self._child()).arn

    def _network(self, inner: LoadBalancer) -> NetworkLoadBalancer:
        args, settings, network = self._args, self._args.settings.load_balancer, self._args.shared.network
        return NetworkLoadBalancer(
            f"{self._name}-nlb",
            NetworkLoadBalancerArgs(
                settings=settings,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids if settings.internal else network.public_subnet_ids,
                security_group_id=args.shared.security_group_ids[endpoints.NETWORK_LOAD_BALANCER],
                target_arn=inner.arn,
                health_path=args.workload.default_target.health_path,
                listening=inner.listening,
                addresses=args.existing.addresses,
                protect=args.settings.protect_data,
            ),
            self._after_internet(),
        )
