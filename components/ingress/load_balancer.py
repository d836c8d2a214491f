"""The Application Load Balancer in front of the API server, and of Flower where there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.aws import aws_names
from ..model.services.service import Service, Target
from ..model.settings.settings import LoadBalancerSettings
from .listeners import Listeners

HEALTH_CHECK_TIMEOUT_SECONDS = 5
HEALTH_CHECK: aws.lb.TargetGroupHealthCheckArgsDict = {
    "interval": 10,
    "timeout": HEALTH_CHECK_TIMEOUT_SECONDS,
    "healthy_threshold": 2,
    "unhealthy_threshold": 3,
}
"""Interval of health checks in seconds, and their thresholds."""
DEREGISTRATION_SECONDS = 15
"""How long a stopping task may finish its requests; they are short."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """What a `LoadBalancer` is made from."""

    settings: LoadBalancerSettings
    """Port, scheme, sign-in (OIDC), timeouts."""
    certificate_arn: pulumi.Input[str] | None
    """The certificate that users see; None: HTTP."""
    vpc_id: pulumi.Input[str]
    """The VPC of the targets."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Public subnets in at least two zones, or private ones for an internal load balancer."""
    security_group_id: pulumi.Input[str]
    """Allows the inbound traffic of users."""
    protect: bool
    """Refuse deletion at AWS: the address that users know would be lost."""
    services: Sequence[Service]
    """What it routes to: one of them by default, the others by their paths."""
    oidc_client_secret: pulumi.Output[str] | None
    """The client secret for load balancer sign-in; None: no sign-in."""


class LoadBalancer(Component):
    """An ALB with HTTPS where a certificate is given, and HTTP for named networks elsewhere.

    With OIDC, the load balancer authenticates users first, except on paths that take Airflow's API tokens.
    """

    arn: pulumi.Output[str]
    """Its ARN."""
    dns_name: pulumi.Output[str]
    """AWS's name of the load balancer."""
    zone_id: pulumi.Output[str]
    """The hosted zone of that name, for an alias."""
    arn_suffix: pulumi.Output[str]
    """What CloudWatch names it."""
    target_group_suffixes: Mapping[str, pulumi.Output[str]]
    """What CloudWatch names the target groups, by service."""
    target_group_arns: Mapping[str, pulumi.Output[str]]
    """Target group by service; a service may use it once `listening` exists."""
    listening: Sequence[pulumi.Resource]
    """Listeners and rules: ECS takes no target group without a listener that forwards to it."""

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings = args.settings
        self._balancer = aws.lb.LoadBalancer(
            aws_names.fitting("aws:lb/loadBalancer:LoadBalancer", name),
            load_balancer_type="application",
            internal=settings.application_internal,
            subnets=[*args.subnet_ids],
            security_groups=[args.security_group_id],
            idle_timeout=settings.idle_timeout_seconds,
            access_logs={"bucket": settings.logs_bucket, "enabled": True} if settings.logs_bucket else None,
            drop_invalid_header_fields=True,
            enable_deletion_protection=args.protect,
            # A target group belongs to one load balancer, so two cannot stand side by side.
            opts=self._child(pulumi.ResourceOptions(delete_before_replace=True)),
        )
        if acl := settings.web_acl_arn:
            aws.wafv2.WebAclAssociation(
                name, resource_arn=self._balancer.arn, web_acl_arn=acl, opts=self._child()
            )
        targets = [(service, service.target) for service in args.services if service.target]
        groups = {service.name: self._target_group(service, target) for service, target in targets}
        listeners = self._listeners()
        (default,) = (service.name for service, target in targets if not target.path)
        listener = listeners.serve(groups[default])
        rules = [
            listeners.route(listener, target, groups[service.name])
            for service, target in targets
            if target.path
        ]
        self.arn = self._balancer.arn
        self.listening = [listener, *listeners.redirect_to_https(listener), *rules]
        self.dns_name, self.zone_id = self._balancer.dns_name, self._balancer.zone_id
        self.arn_suffix = self._balancer.arn_suffix
        self.target_group_arns = {name: group.arn for name, group in groups.items()}
        self.target_group_suffixes = {name: group.arn_suffix for name, group in groups.items()}
        self._register()

    def _listeners(self) -> Listeners:
        args = self._args
        return Listeners(
            name=self._name,
            settings=args.settings,
            certificate_arn=args.certificate_arn,
            oidc_client_secret=args.oidc_client_secret,
            load_balancer_arn=self._balancer.arn,
            opts=self._child(),
        )

    def _target_group(self, service: Service, target: Target) -> aws.lb.TargetGroup:
        return aws.lb.TargetGroup(
            aws_names.fitting("aws:lb/targetGroup:TargetGroup", f"{self._name}-{target.name}"),
            vpc_id=self._args.vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=service.port,
            deregistration_delay=DEREGISTRATION_SECONDS,
            health_check={**HEALTH_CHECK, "path": target.health_path, "matcher": "200"},
            opts=self._child(),
        )
