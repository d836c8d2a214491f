"""Rules for the network and what stands at its edge."""

import ipaddress
import re
from typing import Any, Final

from components.model.aws.subnets import NAMED_NETWORK_PREFIX
from components.model.rendered import Rendered, mapping, of_kind
from policy.openings import EGRESS, INGRESS, opening, reached_from_outside
from policy.rule import Rule, Stack, must_be, must_be_set, table, value

BALANCER: Final = ("lb/LoadBalancer",)
WEB_PORTS: Final = {80, 443}
UNHEALTHY_AFTER_SECONDS: Final = (20, 60)
HEALTHY_AFTER_SECONDS: Final = (15, 40)
MIN_CHECK_SECONDS: Final = 3
SAFE_TLS: Final = re.compile(r"ELBSecurityPolicy-TLS13-1-[23](-Res)?(-FIPS)?(-PQ)?-\d{4}-\d{2}")
"""TLS 1.2 and 1.3 without the ciphers of the `Ext` policies; `TLS13-1-0` and `-1` accept TLS 1.0 and 1.1.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
"""


def _open_port(one: Rendered, _: Stack) -> str | None:
    found = opening(one)
    wide = [
        cidr
        for cidr in (found.networks if found else [])
        if ipaddress.ip_network(cidr).prefixlen < NAMED_NETWORK_PREFIX
    ]
    if found is None or not wide:
        return None
    closed = found.protocol == "tcp" and found.ports and {*found.ports} <= WEB_PORTS
    return None if closed else f"{', '.join(wide)} reaches ports {found.first} to {found.last}"


def _inline_rules(one: Rendered, _: Stack) -> str | None:
    lists = [name for name in ("ingress", "ingresses", "egress", "egresses") if value(one, name)]
    return f"it has rules inside: {', '.join(lists)}" if lists else None


def _no_flow_log(one: Rendered, stack: Stack) -> str | None:
    return None if any(of_kind(stack, "ec2/FlowLog")) else f"{one.name} has no flow log"


def _half_flow_log(one: Rendered, _: Stack) -> str | None:
    kind = value(one, "trafficType")
    return None if kind in ("ALL", "REJECT") else f"trafficType is {kind}"


def _plain_listener(one: Rendered, stack: Stack) -> str | None:
    if value(one, "protocol") not in ("HTTP", "TCP", "UDP", None) or not _reached(one, stack):
        return None
    if _handed_on(one, stack):
        return None
    actions: list[dict[str, Any]] = value(one, "defaultActions") or []
    redirects = [mapping(action.get("redirect")) for action in actions]
    if redirects and all(redirect.get("protocol") == "HTTPS" for redirect in redirects):
        return None
    return f"port {value(one, 'port')} answers without TLS"


def _handed_on(listener: Rendered, stack: Stack) -> bool:
    """Whether an Application Load Balancer answers at this port, whose own listener is checked for it."""
    return value(listener, "protocol") == "TCP" and any(
        value(one, "targetType") == "alb" and value(one, "port") == value(listener, "port")
        for one in of_kind(stack, "lb/TargetGroup")
    )


def _reached(listener: Rendered, stack: Stack) -> bool:
    """Whether anybody connects at all: where no rule lets anybody, nobody's password can be read."""
    port = value(listener, "port")
    return reached_from_outside(stack, None if port is None else int(port))


def _old_tls(one: Rendered, _: Stack) -> str | None:
    if value(one, "protocol") not in ("HTTPS", "TLS"):
        return None
    policy = str(value(one, "sslPolicy"))
    return None if SAFE_TLS.fullmatch(policy) else f"sslPolicy is {policy}"


def _one_zone(one: Rendered, _: Stack) -> str | None:
    subnets: list[Any] = one.inputs.get("subnets") or one.inputs.get("subnetMappings") or []
    return None if len(subnets) > 1 else "it lies in one zone"


def _no_access_log(one: Rendered, _: Stack) -> str | None:
    if not _application(one) or table(one, "accessLogs").get("enabled"):
        return None
    return "accessLogs are not enabled"


def _no_firewall(one: Rendered, stack: Stack) -> str | None:
    if not _application(one) or any(of_kind(stack, "wafv2/WebAclAssociation")):
        return None
    return f"no web ACL guards {one.name}"


def _application(one: Rendered) -> bool:
    return value(one, "loadBalancerType") in ("application", None)


def _keeps_bad_headers(one: Rendered, _: Stack) -> str | None:
    if not _application(one) or value(one, "dropInvalidHeaderFields") is True:
        return None
    return "dropInvalidHeaderFields is not true"


def _serves_one_zone(one: Rendered, _: Stack) -> str | None:
    if _application(one) or value(one, "enableCrossZoneLoadBalancing") is True:
        return None
    return "enableCrossZoneLoadBalancing is not true"


def _permissive(one: Rendered, _: Stack) -> str | None:
    mode = value(one, "desyncMitigationMode")
    return None if mode in (None, "defensive", "strictest") else f"desyncMitigationMode is {mode}"


def _half_health_check(one: Rendered, _: Stack) -> str | None:
    check = table(one, "healthCheck")
    if not check.get("path") and check.get("protocol") != "TCP":
        return "no path is checked"
    interval, timeout = check.get("interval", 30), check.get("timeout", 5)
    unhealthy, healthy = (
        check.get("unhealthyThreshold", 3) * interval,
        check.get("healthyThreshold", 3) * interval,
    )
    if not min(UNHEALTHY_AFTER_SECONDS) <= unhealthy <= max(UNHEALTHY_AFTER_SECONDS):
        return (
            f"a target counts as unhealthy after {unhealthy:g} s, not after {_span(UNHEALTHY_AFTER_SECONDS)}"
        )
    if not min(HEALTHY_AFTER_SECONDS) <= healthy <= max(HEALTHY_AFTER_SECONDS):
        return f"a target counts as healthy after {healthy:g} s, not after {_span(HEALTHY_AFTER_SECONDS)}"
    in_time = MIN_CHECK_SECONDS <= timeout < interval
    return None if in_time else f"healthCheck.timeout is {timeout:g}"


def _span(limits: tuple[int, int]) -> str:
    return f"{limits[0]} to {limits[1]} s"


def _several_ports(one: Rendered, _: Stack) -> str | None:
    found = opening(one)
    if found is None or (found.first is not None and found.first == found.last and found.protocol == "tcp"):
        return None
    return f"it opens {found.protocol} ports {found.first} to {found.last}"


RULES: Final = (
    Rule(
        name="vpc-default-group-closed",
        kinds=("ec2/DefaultSecurityGroup",),
        ids=("EC2.2", "CIS 6.5", "CKV2_AWS_12"),
        description="The default security group allows no traffic.",
        remedy="Manage it without rules.",
        check=_inline_rules,
    ),
    Rule(
        name="vpc-has-default-group",
        kinds=("ec2/Vpc",),
        ids=("EC2.2", "CIS 6.5", "CKV2_AWS_12"),
        description="The default security group is managed.",
        remedy="Add a DefaultSecurityGroup without rules.",
        check=lambda one, stack: (
            None
            if any(of_kind(stack, "ec2/DefaultSecurityGroup"))
            else f"the default group of {one.name} is as AWS made it"
        ),
        whole_stack=True,
    ),
    Rule(
        name="vpc-flow-log",
        kinds=("ec2/Vpc",),
        ids=("EC2.6", "CIS 4.7", "CKV2_AWS_11"),
        description="Connections in the VPC are logged.",
        remedy="Set vpcFlowLogRetentionDays above 0.",
        check=_no_flow_log,
        whole_stack=True,
    ),
    Rule(
        name="vpc-flow-log-of-refusals",
        kinds=("ec2/FlowLog",),
        ids=("CIS 4.7",),
        description="Rejected connections are logged.",
        remedy="Set trafficType to ALL or REJECT.",
        check=_half_flow_log,
    ),
    Rule(
        name="vpc-dns",
        kinds=("ec2/Vpc",),
        ids=(),
        description="DNS is enabled in the VPC, as tasks and endpoints need.",
        remedy="Set enableDnsSupport and enableDnsHostnames.",
        check=lambda one, _: (
            None
            if value(one, "enableDnsSupport") in (True, None) and value(one, "enableDnsHostnames") is True
            else "enableDnsSupport or enableDnsHostnames is off"
        ),
    ),
    Rule(
        name="subnet-no-public-address",
        kinds=("ec2/Subnet",),
        ids=("EC2.15", "CKV_AWS_130"),
        description="Public addresses are assigned only on request.",
        remedy="Set mapPublicIpOnLaunch to false.",
        check=must_be("mapPublicIpOnLaunch", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="security-group-open-port",
        kinds=INGRESS,
        ids=(
            "EC2.13",
            "EC2.14",
            "EC2.18",
            "EC2.19",
            "CIS 6.3",
            "CIS 6.4",
            "CKV_AWS_24",
            "CKV_AWS_25",
            "CKV_AWS_260",
        ),
        description="Only ports 80 and 443 are open to the internet.",
        remedy="Name the networks in loadBalancerAllowedCidrs.",
        check=_open_port,
    ),
    Rule(
        name="security-group-one-port",
        kinds=INGRESS,
        ids=(),
        description="A rule opens one TCP port.",
        remedy="Name the port in fromPort and toPort.",
        check=_several_ports,
    ),
    Rule(
        name="security-group-separate-rules",
        kinds=("ec2/SecurityGroup",),
        ids=("CKV_AWS_382",),
        description="Each rule is a separate resource, which a review shows and no other change affects.",
        remedy="Use SecurityGroupIngressRule and SecurityGroupEgressRule.",
        check=_inline_rules,
    ),
    Rule(
        name="security-group-described",
        kinds=("ec2/SecurityGroup", *INGRESS, EGRESS),
        ids=("CKV_AWS_23",),
        description="Each group and rule has a description.",
        remedy="Set a description.",
        check=must_be_set("description"),
    ),
    Rule(
        name="elb-tls",
        kinds=("lb/Listener",),
        ids=("ELB.1", "ELB.18", "CKV_AWS_2", "CKV_AWS_103", "CKV2_AWS_20"),
        description="A public listener uses TLS, redirects to one that does, or forwards to "
        "a load balancer that is checked itself.",
        remedy="Set loadBalancerCertificateArn.",
        check=_plain_listener,
        whole_stack=True,
    ),
    Rule(
        name="elb-tls-policy",
        kinds=("lb/Listener",),
        ids=("ELB.17", "CKV_AWS_103", "CKV2_AWS_74"),
        description="A listener accepts only TLS 1.2 and 1.3 with secure ciphers.",
        remedy="Set loadBalancerSslPolicy to a TLS13-1-2 or TLS13-1-3 policy without Ext in its name.",
        check=_old_tls,
    ),
    Rule(
        name="elb-drops-invalid-headers",
        kinds=BALANCER,
        ids=("ELB.4", "CKV_AWS_131"),
        description="Malformed headers do not reach Airflow.",
        remedy="Set dropInvalidHeaderFields to true.",
        check=_keeps_bad_headers,
    ),
    Rule(
        name="elb-desync",
        kinds=BALANCER,
        ids=("ELB.12", "CKV_AWS_328"),
        description="Requests that smuggle another one are rejected.",
        remedy="Leave desyncMitigationMode at defensive.",
        check=_permissive,
    ),
    Rule(
        name="elb-access-log",
        kinds=BALANCER,
        ids=("ELB.5", "CKV_AWS_91"),
        description="Requests are logged.",
        remedy="Set loadBalancerLogsBucket.",
        check=_no_access_log,
    ),
    Rule(
        name="elb-deletion-protection",
        kinds=BALANCER,
        ids=("ELB.6", "CKV_AWS_150"),
        description="The load balancer, and so the cluster's address, cannot be deleted by accident.",
        remedy="Set protectData to true.",
        check=must_be("enableDeletionProtection", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elb-two-zones",
        kinds=BALANCER,
        ids=("ELB.13",),
        description="The load balancer survives the loss of a zone.",
        remedy="Set availabilityZoneCount to 2 or more.",
        check=_one_zone,
    ),
    Rule(
        name="elb-cross-zone",
        kinds=BALANCER,
        ids=("CKV_AWS_152",),
        description="Each address of a Network Load Balancer answers, even if its zone is unhealthy.",
        remedy="Set enableCrossZoneLoadBalancing to true.",
        check=_serves_one_zone,
    ),
    Rule(
        name="elb-firewall",
        kinds=BALANCER,
        ids=("ELB.16", "CKV2_AWS_28"),
        description="A web application firewall protects Airflow.",
        remedy="Set loadBalancerWebAclArn.",
        check=_no_firewall,
        whole_stack=True,
    ),
    Rule(
        name="elb-health-check",
        kinds=("lb/TargetGroup",),
        ids=("CKV_AWS_261",),
        description="The load balancer checks Airflow's health and reacts within a minute.",
        remedy="Set healthCheck.path, and use the timings of components/ingress/load_balancer.py.",
        check=_half_health_check,
    ),
)
