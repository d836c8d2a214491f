"""The load balancer's settings."""

from dataclasses import dataclass

from .setting import between, cidrs, matching, setting

NAMED_NETWORK_PREFIX = 8
"""A wider network than 10.0.0.0/8 is nobody's own: 0.0.0.0/1 and 128.0.0.0/1 are the whole internet too."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSettings:
    """The Application Load Balancer in front of the user interface and the API."""

    port: int = setting(
        80,
        "Port that the load balancer serves on where there is no certificate; with one it is 443.",
        between(1, 65535),
    )
    allowed_cidrs: tuple[str, ...] = setting(
        (),
        "Networks that may reach the load balancer. Empty: nobody. 0.0.0.0/0 needs a certificate.",
        cidrs,
    )
    internal: bool = setting(
        default=False, doc="Put the load balancer into the private subnets, with no public address."
    )
    certificate_arn: str = setting(
        "",
        "ARN of an ACM certificate. Given: HTTPS on 443, and port 80 redirects. Empty: HTTP, for named "
        "networks only.",
        matching(r"(arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/\S+)?", "the ARN of an ACM certificate"),
    )
    ssl_policy: str = setting(
        "",
        "The load balancer's TLS policy; empty: ELBSecurityPolicy-TLS13-1-2-2021-06. Needs a certificate.",
        matching(r"(ELBSecurityPolicy-[A-Za-z0-9-]+)?", "the name of a policy, ELBSecurityPolicy-..."),
    )
    idle_timeout_seconds: int = setting(
        60, "Seconds after which an idle connection is closed.", between(1, 4000)
    )

    def faults(self) -> list[str]:
        """Say what does not fit together."""
        if self.certificate_arn:
            return []
        faults = [
            f"loadBalancerAllowedCidrs must not hold {cidr} without loadBalancerCertificateArn: the "
            "password would travel in clear. Set a certificate, or name the networks that may come in"
            for cidr in self.allowed_cidrs
            if not cidrs((cidr,)) and int(cidr.rsplit("/")[1]) < NAMED_NETWORK_PREFIX
        ]
        if self.ssl_policy:
            faults.append(
                "loadBalancerSslPolicy needs loadBalancerCertificateArn, which is empty. "
                "Set it, or remove the policy"
            )
        return faults
