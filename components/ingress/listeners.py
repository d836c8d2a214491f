"""What an Application Load Balancer listens on, and what it does with each path."""

from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..model.services.ingress import HTTP_PORT, HTTPS_PORT, TOKEN_PATHS, TOKENS_PRIORITY, oidc_action
from ..model.services.service import Target
from ..model.settings.settings import LoadBalancerSettings

FRAMES = "SAMEORIGIN"
"""Airflow's pages show others of the same origin in frames, such as those for users and roles."""
TLS_ONLY = "max-age=31536000"
"""A year without plain HTTP, for this name alone: what else is below it is not this cluster's matter.

https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Strict-Transport-Security
"""
DEFAULT_SSL_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """Makes listeners and their rules."""

    name: str
    """First part of all names."""
    settings: LoadBalancerSettings
    """Port, TLS policy, sign-in (OIDC)."""
    certificate_arn: pulumi.Input[str] | None
    """The certificate that users see; None: HTTP."""
    oidc_client_secret: pulumi.Output[str] | None
    """The client secret for load balancer sign-in; None: no sign-in."""
    load_balancer_arn: pulumi.Output[str]
    """The load balancer that they belong to."""
    opts: pulumi.ResourceOptions
    """Options of all of these resources: their parent."""

    def serve(self, api: aws.lb.TargetGroup) -> aws.lb.Listener:
        """Make the listener that forwards to the API server."""
        listener = self._listener(self._forward_to(api))
        if self.oidc_client_secret is not None:
            self._leave_open_for_tokens(listener, api)
        return listener

    def route(
        self, listener: aws.lb.Listener, target: Target, group: aws.lb.TargetGroup
    ) -> aws.lb.ListenerRule:
        """Make the rule that routes a target's path to its group."""
        return aws.lb.ListenerRule(
            f"{self.name}-{target.name}",
            listener_arn=listener.arn,
            priority=target.priority,
            conditions=[{"path_pattern": {"values": [target.path, f"{target.path}/*"]}}],
            actions=self._forward_to(group),
            opts=self.opts,
        )

    def redirect_to_https(self, serving: aws.lb.Listener) -> list[aws.lb.Listener]:
        """Make the listener that redirects to HTTPS, where there is a certificate.

        Where it served HTTP until now, it goes on until the one for HTTPS exists: a target group that no
        listener forwards to has no healthy target.
        """
        if self.certificate_arn is None:
            return []
        redirect = {
            "type": "redirect",
            "redirect": {"port": str(HTTPS_PORT), "protocol": "HTTPS", "status_code": "HTTP_301"},
        }
        return [self._http(HTTP_PORT, [redirect], pulumi.ResourceOptions(depends_on=[serving]))]

    def _listener(self, actions: list[Any]) -> aws.lb.Listener:
        if self.certificate_arn is None:
            return self._http(self.settings.port, actions)
        return aws.lb.Listener(
            self._at(HTTPS_PORT),
            load_balancer_arn=self.load_balancer_arn,
            port=HTTPS_PORT,
            protocol="HTTPS",
            certificate_arn=self.certificate_arn,
            ssl_policy=self.settings.ssl_policy or DEFAULT_SSL_POLICY,
            routing_http_response_strict_transport_security_header_value=TLS_ONLY,
            routing_http_response_x_content_type_options_header_value="nosniff",
            routing_http_response_x_frame_options_header_value=FRAMES,
            default_actions=actions,
            opts=self.opts,
        )

    def _http(
        self, port: int, actions: list[Any], opts: pulumi.ResourceOptions | None = None
    ) -> aws.lb.Listener:
        return aws.lb.Listener(
            self._at(port),
            load_balancer_arn=self.load_balancer_arn,
            port=port,
            protocol="HTTP",
            # Also while it redirects: what a listener once sets, the provider cannot take back.
            # https://github.com/hashicorp/terraform-provider-aws/issues/43042
            routing_http_response_x_content_type_options_header_value="nosniff",
            routing_http_response_x_frame_options_header_value=FRAMES,
            default_actions=actions,
            opts=pulumi.ResourceOptions.merge(self.opts, opts),
        )

    def _at(self, port: int) -> str:
        """Name the listener of a port: one port has one, changed in place, for AWS takes no second one."""
        return f"{self.name}-{port}"

    def _leave_open_for_tokens(self, listener: aws.lb.Listener, api: aws.lb.TargetGroup) -> None:
        aws.lb.ListenerRule(
            f"{self.name}-tokens",
            listener_arn=listener.arn,
            priority=TOKENS_PRIORITY,
            conditions=[{"path_pattern": {"values": [*TOKEN_PATHS]}}],
            actions=[{"type": "forward", "target_group_arn": api.arn}],
            opts=self.opts,
        )

    def _forward_to(self, target: aws.lb.TargetGroup) -> list[Any]:
        forward = {"type": "forward", "target_group_arn": target.arn}
        secret = self.oidc_client_secret
        if secret is None:
            return [forward]
        return [{"order": 1, **oidc_action(self.settings.oidc, secret)}, {"order": 2, **forward}]
