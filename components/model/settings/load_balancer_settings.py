"""The load balancer's settings."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_network

from .errors import Errors, at, name_of
from .oidc_settings import OidcSettings
from .rules import between, cidrs, each, matching
from .setting import Section, section, setting

DEFAULT_PORT = 80
HTTPS_PORT = 443
PUBLIC_NETWORK_PREFIX = 16
"""A public network wider than a /16 is hardly one organization's; private ones are as wide as they are."""

ONLY_TLS_13 = "-TLS13-1-3-"
"""Part of the names of TLS policies that accept nothing older: a Network Load Balancer's HTTPS health checks
fail with those.

https://docs.aws.amazon.com/elasticloadbalancing/latest/network/target-group-health-checks.html,
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""

_CERTIFICATE = f"{name_of('domain')} or {name_of('certificate_arn')}"


@dataclass(frozen=True, kw_only=True)
class LoadBalancerSettings(Section):
    """The Application Load Balancer in front of the user interface and the API."""

    port: int = setting(
        DEFAULT_PORT,
        "Port that the load balancer serves on where there is no certificate; with one it is 443.",
        between(1, 65535),
    )
    allowed_cidrs: tuple[str, ...] = setting(
        (),
        "Networks that may reach the load balancer. Empty: nobody. Without a certificate public networks may "
        f"be no wider than a /{PUBLIC_NETWORK_PREFIX}.",
        cidrs,
    )
    internal: bool = setting(
        default=False, doc="Put the load balancer into the private subnets, with no public address."
    )
    nlb: bool = setting(
        default=False,
        doc="Put a Network Load Balancer in front of the Application Load Balancer: addresses that never "
        "change, and AWS PrivateLink. A public load balancer is replaced by an internal one behind it, "
        "after an `up` with protectData false.",
    )
    nlb_allocation_ids: tuple[str, ...] = setting(
        (),
        "Existing Elastic IP addresses of the public Network Load Balancer, one for each zone, in the order "
        "of the public subnets. Empty: they are created.",
        each(r"eipalloc-[0-9a-f]+", "allocation ids of Elastic IP addresses, eipalloc-..."),
    )
    allowed_security_group_ids: tuple[str, ...] = setting(
        (),
        "Security groups that may reach the load balancer, such as a VPN's.",
        each(r"sg-[0-9a-f]+", "ids of security groups, sg-..."),
    )
    domain: str = setting(
        "",
        "Host name that users open, such as airflow.example.com. Its certificate, validation and record are "
        "created, in its Route 53 zone; with loadBalancerCertificateArn only the record, and only where "
        "loadBalancerHostedZoneId is set.",
        matching(
            r"([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+)?", "a domain in small letters"
        ),
    )
    hosted_zone_id: str = setting(
        "",
        "Id of the domain's public Route 53 zone. Empty: the one with the longest matching name in this "
        "account.",
        matching(r"(Z[A-Z0-9]+)?", "the id of a Route 53 zone, Z..."),
    )
    certificate_arn: str = setting(
        "",
        "ARN of an ACM certificate. With it or loadBalancerDomain: HTTPS on 443, and port 80 redirects. "
        "Without both: HTTP, for named networks only.",
        matching(r"(arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/\S+)?", "the ARN of an ACM certificate"),
    )
    ssl_policy: str = setting(
        "",
        "The load balancer's TLS policy; empty: ELBSecurityPolicy-TLS13-1-2-2021-06. Needs a certificate.",
        matching(r"(ELBSecurityPolicy-[A-Za-z0-9-]+)?", "the name of a policy, ELBSecurityPolicy-..."),
    )
    logs_bucket: str = setting(
        "",
        "Name of an existing bucket for the load balancer's access log, whose policy lets Elastic Load "
        "Balancing write. Empty: none.",
        matching(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?", "the name of a bucket"),
    )
    web_acl_arn: str = setting(
        "",
        "ARN of an existing regional web ACL (AWS WAF) that filters requests. Empty: none.",
        matching(r"(arn:aws[a-z-]*:wafv2:[a-z0-9-]+:\d{12}:regional/webacl/\S+)?", "the ARN of a web ACL"),
    )
    idle_timeout_seconds: int = setting(
        60, "Seconds after which an idle connection is closed.", between(1, 4000)
    )
    oidc: OidcSettings = section(OidcSettings())

    @property
    def application_internal(self) -> bool:
        """Whether the Application Load Balancer has no public address: the Network one has it instead."""
        return self.internal or self.nlb

    @property
    def https(self) -> bool:
        """Whether users connect over TLS."""
        return bool(self.certificate_arn or self.domain)

    @property
    def makes_certificate(self) -> bool:
        """Whether a certificate is created for the domain."""
        return bool(self.domain) and not self.certificate_arn

    @property
    def makes_record(self) -> bool:
        """Whether the domain's record is created."""
        return self.makes_certificate or bool(self.domain and self.hosted_zone_id)

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        yield from self._https_errors() if self.https else self._http_errors()
        if self.hosted_zone_id and not self.domain:
            yield at("hosted_zone_id", f"needs {name_of('domain')}. Set it, or remove the zone")
        yield from self._address_errors()

    def warnings(self) -> Errors:
        """Yield warnings of what can be deployed but is known to cause trouble."""
        public = [] if self.https or self.internal else [*self._public_networks()]
        if public:
            yield at(
                "allowed_cidrs",
                f"holds {', '.join(public)}, which connect over the internet, without {_CERTIFICATE}: "
                "passwords, sessions and API tokens travel in plaintext. Set one",
            )

    def _public_networks(self) -> Iterator[str]:
        return (one for one in self.allowed_cidrs if not [*cidrs((one,))] and ip_network(one).is_global)

    def _address_errors(self) -> Errors:
        ids, path = self.nlb_allocation_ids, "nlb_allocation_ids"
        if ids and not self.nlb:
            yield at(path, f"needs {name_of('nlb')} true. Set it, or remove the ids")
        if ids and self.internal:
            yield at(
                path,
                f"has no effect with {name_of('internal')} true: public addresses are for a public load "
                "balancer. Remove one",
            )
        for one in sorted({*ids}):
            if ids.count(one) > 1:
                yield at(path, f"must hold each address once; got {one} {ids.count(one)} times")

    def _http_errors(self) -> Errors:
        for cidr in self._public_networks():
            if ip_network(cidr).prefixlen < PUBLIC_NETWORK_PREFIX:
                yield at(
                    "allowed_cidrs",
                    f"must not hold {cidr} without {_CERTIFICATE}: the password would travel in plaintext, "
                    f"from more than a /{PUBLIC_NETWORK_PREFIX}. Set one, or name the networks that may "
                    "connect",
                )
        for path, value in (("ssl_policy", self.ssl_policy), ("oidc.issuer_url", self.oidc.issuer_url)):
            if value:
                yield at(path, f"needs {_CERTIFICATE}; both are empty. Set one, or remove {name_of(path)}")
        if self.port == HTTPS_PORT:
            yield at(
                "port",
                f"must not be {HTTPS_PORT} without {_CERTIFICATE}: that port is for HTTPS. Set one, or "
                "another port",
            )

    def _https_errors(self) -> Errors:
        if self.port != DEFAULT_PORT:
            yield at("port", f"has no effect with HTTPS, which is {HTTPS_PORT}; got {self.port}. Remove it")
        if self.nlb and ONLY_TLS_13 in self.ssl_policy:
            yield at(
                "ssl_policy",
                f"must accept TLS 1.2 with {name_of('nlb')}, whose health checks know no TLS 1.3; got "
                f"{self.ssl_policy}. Name another",
            )
