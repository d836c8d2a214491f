# pyright: basic
# boto3's answers have no types.
"""Listeners, rules and certificates of load balancers."""

from __future__ import annotations

import http.client
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from embedded_aws.account.elbv2.haproxy import (
    Balancer,
    Listener,
    Rule,
    TargetGroup,
    UnsupportedRuleError,
    render,
)
from embedded_aws.account.elbv2.target_health import matches

from .conftest import wait
from .test_services import Balanced

if TYPE_CHECKING:
    from .conftest import Stage


HEADERS = {
    "strict_transport_security": "max-age=31536000; includeSubDomains",
    "content_security_policy": "frame-ancestors 'self' https://100%.example",
    "x_content_type_options": "nosniff",
    "x_frame_options": "SAMEORIGIN",
}


@pytest.fixture(scope="module")
def refusing(stage: Stage) -> Balanced:
    """A load balancer that answers everything but a path, which a rule refuses."""
    balanced = Balanced(stage)
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403", "MessageBody": "no"}}]
    path = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/execution", "/execution/*"]}}]
    stage.elbv2.create_rule(ListenerArn=balanced.listener, Priority=1, Conditions=path, Actions=refuse)
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "yes"}}]
    stage.elbv2.modify_listener(ListenerArn=balanced.listener, DefaultActions=answer)
    wait(lambda: _answers(balanced.url))
    return balanced


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.mark.conformance(
    operation="elasticloadbalancing:CreateRule",
    says="Rules are evaluated by priority, from the lowest number, and the default action comes last.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-rules.html",
)
def test_rules_redirects_and_fixed_responses(stage: Stage) -> None:
    """By priority; a pattern matches whole paths."""
    balanced = Balanced(stage)
    fixed = {"StatusCode": "403", "ContentType": "text/plain", "MessageBody": 'it\'s not "for" you'}
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": fixed}]
    path = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/execution", "/execution/*"]}}]
    host = [{"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}}]
    away = {"Host": "elsewhere.example.com", "Port": "444", "Protocol": "HTTPS", "StatusCode": "HTTP_302"}
    redirect = [{"Type": "redirect", "RedirectConfig": away}]
    stage.elbv2.create_rule(ListenerArn=balanced.listener, Priority=2, Conditions=path, Actions=refuse)
    stage.elbv2.create_rule(ListenerArn=balanced.listener, Priority=1, Conditions=host, Actions=redirect)
    name = stage.serve(stage.definition(), **balanced.of_service)
    stage.until_complete(name)
    refused = requests.get(f"{balanced.url}/execution/x", timeout=5)
    assert refused.status_code == 403
    assert refused.text == fixed["MessageBody"]
    assert requests.get(f"{balanced.url}/executions", timeout=5).status_code == 200
    moved = requests.get(
        f"{balanced.url}/execution?a=b", headers={"Host": "x.example.com"}, allow_redirects=False, timeout=5
    )
    assert (moved.status_code, moved.headers["Location"]) == (
        302,
        "https://elsewhere.example.com:444/execution?a=b",
    )


@pytest.mark.conformance(
    operation="elasticloadbalancing:CreateRule",
    says="A path pattern is case-sensitive and is applied to the path of the URL as it was sent.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html",
)
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/execution/x", 403),
        ("/%65xecution/x", 403),
        ("/execution%2Fx", 200),
        ("/execution%2fx", 200),
        ("//execution/x", 200),
        ("/EXECUTION/x", 200),
    ],
)
def test_rules_see_the_path_as_it_was_sent_but_for_needless_encoding(
    refusing: Balanced, path: str, status: int
) -> None:
    """A server behind decodes more than the load balancer's rules do, so a rule is no lock."""
    connection = http.client.HTTPConnection(refusing.address, 8000, timeout=5)
    connection.request("GET", path)
    assert connection.getresponse().status == status


@pytest.mark.conformance(
    operation="elasticloadbalancing:ModifyListenerAttributes",
    says="A listener of an Application Load Balancer adds the headers to responses that its attributes name.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html",
)
def test_https_listener_has_a_certificate_of_the_account_and_sets_headers(stage: Stage) -> None:
    """Verified with ca.pem, by the address in it; headers in place of the target's own."""
    balanced = Balanced(stage)
    certificate = stage.acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    found = stage.acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    assert found["Status"] == "ISSUED"
    listener = stage.elbv2.create_listener(
        LoadBalancerArn=balanced.arn, Protocol="HTTPS", Port=8443, DefaultActions=balanced.forward,
        Certificates=[{"CertificateArn": certificate}],
    )["Listeners"][0]["ListenerArn"]  # fmt: skip
    for key, value in HEADERS.items():
        attribute = {"Key": f"routing.http.response.{key}.header_value", "Value": value}
        stage.elbv2.modify_listener_attributes(ListenerArn=listener, Attributes=[attribute])
    name = stage.serve(stage.definition(), **balanced.of_service)
    stage.until_complete(name)
    url = f"https://{balanced.address}:8443/"
    answer = requests.get(url, verify=str(stage.home / "ca.pem"), timeout=5)
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"
    assert [answer.headers[key.replace("_", "-")] for key in HEADERS] == [*HEADERS.values()]
    assert "X-Frame-Options" not in requests.get(balanced.url, timeout=5).headers
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=5)


@pytest.mark.conformance(
    operation="elasticloadbalancing:ModifyListenerAttributes",
    says="An attribute that a listener of this kind of load balancer does not have, or a value of another "
    "form, is refused.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html",
)
@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("tcp.idle_timeout.seconds", "400", "is not recognized"),
        ("routing.http.response.x_frame.header_value", "DENY", "is not recognized"),
        ("routing.http.request.x_amzn_tls_version.header_name", "X", "rename no headers"),
        ("routing.http.response.x_frame_options.header_value", "NOWHERE", "contains invalid characters"),
        ("routing.http.response.x_content_type_options.header_value", "sniff", "contains invalid characters"),
        (
            "routing.http.response.strict_transport_security.header_value",
            '"max-age=1"',
            "contains invalid characters",
        ),
    ],
)
def test_an_attribute_that_a_listener_does_not_have_is_refused(
    refusing: Balanced, stage: Stage, key: str, value: str, words: str
) -> None:
    """Nothing is kept of it; an Application Load Balancer's listener has no idle timeout of TCP."""
    attributes = [{"Key": key, "Value": value}]
    with pytest.raises(ClientError, match=words) as refused:
        stage.elbv2.modify_listener_attributes(ListenerArn=refusing.listener, Attributes=attributes)
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert stage.elbv2.describe_listener_attributes(ListenerArn=refusing.listener)["Attributes"] == []


@pytest.mark.conformance(
    operation="elasticloadbalancing:DescribeTargetHealth",
    says="A target that answers with another status is unhealthy: `Target.ResponseCodeMismatch`.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html",
)
def test_target_that_answers_wrongly_is_unhealthy_with_a_reason(stage: Stage) -> None:
    """As DescribeTargetHealth of AWS names it."""
    balanced = Balanced(stage)
    stage.elbv2.modify_target_group(TargetGroupArn=balanced.group, Matcher={"HttpCode": "418"})
    name = stage.serve(stage.definition(), healthCheckGracePeriodSeconds=600, **balanced.of_service)
    task = wait(lambda: stage.tasks_of(name))[0]
    wait(lambda: stage.task(task)["lastStatus"] == "RUNNING")
    target = [{"Id": stage.address_of(task)}]

    def health() -> dict[str, Any]:
        answer = stage.elbv2.describe_target_health(TargetGroupArn=balanced.group, Targets=target)
        return answer["TargetHealthDescriptions"][0]["TargetHealth"]

    assert health()["State"] == "initial"
    wait(lambda: health()["State"] == "unhealthy", what=health)
    assert health()["Reason"] == "Target.ResponseCodeMismatch"
    assert "[200]" in health()["Description"]


@pytest.mark.conformance(
    operation="elasticloadbalancing:ModifyLoadBalancerAttributes",
    says="A connection on which nothing is sent for the idle timeout is closed.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout",
)
def test_a_target_that_is_silent_for_longer_than_the_idle_timeout_is_given_up(stage: Stage) -> None:
    """The target would have answered after two seconds."""
    balanced = Balanced(stage)
    idle = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    stage.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=idle)
    name = stage.serve(stage.definition(), **balanced.of_service)
    stage.until_complete(name)
    assert requests.get(balanced.url, timeout=10).status_code == 200
    assert requests.get(f"{balanced.url}/slow", timeout=10).status_code == 504


@pytest.mark.conformance(
    operation="elasticloadbalancing:DeleteLoadBalancer",
    says="A load balancer with deletion protection is not deleted.",
    error="OperationNotPermitted",
)
def test_protected_load_balancer_is_not_deleted(stage: Stage) -> None:
    """Moto would delete it."""
    balanced = Balanced(stage)
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    stage.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=protection)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        stage.elbv2.delete_load_balancer(LoadBalancerArn=balanced.arn)


class Before:
    """A Network Load Balancer before the Application Load Balancer of a `Balanced`."""

    def __init__(self, stage: Stage, balanced: Balanced) -> None:
        elb, name = stage.elbv2, stage.name("nlb")
        self.allocations = [stage.ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in stage.subnets]
        mappings = [
            {"SubnetId": subnet, "AllocationId": allocation}
            for subnet, allocation in zip(stage.subnets, self.allocations, strict=True)
        ]
        made = elb.create_load_balancer(Name=name, Type="network", SubnetMappings=mappings)
        self.arn, self.address = (made["LoadBalancers"][0][key] for key in ("LoadBalancerArn", "DNSName"))
        self.group = self.group_at(stage, 8000)
        elb.register_targets(TargetGroupArn=self.group, Targets=[{"Id": balanced.arn, "Port": 8000}])
        forward = [{"Type": "forward", "TargetGroupArn": self.group}]
        elb.create_listener(LoadBalancerArn=self.arn, Protocol="TCP", Port=8000, DefaultActions=forward)

    @staticmethod
    def group_at(stage: Stage, port: int) -> str:
        """Make a target group for a load balancer."""
        made = stage.elbv2.create_target_group(
            Name=stage.name("alb"), Protocol="TCP", Port=port, VpcId=stage.vpc, TargetType="alb",
            HealthCheckProtocol="HTTP", HealthCheckPath="/", HealthCheckIntervalSeconds=5,
            HealthCheckTimeoutSeconds=2, Matcher={"HttpCode": "200-399"},
        )  # fmt: skip
        return made["TargetGroups"][0]["TargetGroupArn"]

    def health(self, stage: Stage) -> str:
        """Return the health of the load balancer behind."""
        answer = stage.elbv2.describe_target_health(TargetGroupArn=self.group)["TargetHealthDescriptions"]
        return answer[0]["TargetHealth"]["State"]


@pytest.mark.conformance(
    operation="elasticloadbalancing:RegisterTargets",
    says="An Application Load Balancer is a target of a Network Load Balancer, with its health.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html",
)
@pytest.mark.conformance(
    operation="elasticloadbalancing:CreateLoadBalancer",
    says="A public Network Load Balancer has the Elastic IP addresses that it is given, one per subnet.",
)
def test_network_load_balancer_forwards_to_an_application_load_balancer(stage: Stage) -> None:
    """Rules and headers are that one's, which sees the client's own address; with an ill target it is ill."""
    balanced = Balanced(stage)
    refuse = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "403", "MessageBody": "no"}}]
    path = [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/execution/*"]}}]
    stage.elbv2.create_rule(ListenerArn=balanced.listener, Priority=1, Conditions=path, Actions=refuse)
    before = Before(stage, balanced)
    wait(lambda: before.health(stage) == "unhealthy", what=lambda: before.health(stage))
    name = stage.serve(stage.definition(), **balanced.of_service)
    stage.until_complete(name)
    wait(lambda: before.health(stage) == "healthy", what=lambda: before.health(stage))
    url = f"http://{before.address}:8000"
    answer = requests.get(url, timeout=5).json()
    (task,) = stage.tasks_of(name)
    assert answer["address"] == stage.address_of(task)
    headers = answer["headers"]
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "8000")
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert requests.get(f"{url}/execution/x", timeout=5).status_code == 403
    assert requests.get(balanced.url, timeout=5).status_code == 200
    (answer,) = stage.elbv2.describe_load_balancers(LoadBalancerArns=[before.arn])["LoadBalancers"]
    addresses = [one for zone in answer["AvailabilityZones"] for one in zone["LoadBalancerAddresses"]]
    assert [one["AllocationId"] for one in addresses] == before.allocations


@pytest.mark.conformance(
    operation="elasticloadbalancing:RegisterTargets",
    says="The Application Load Balancer needs a listener at the port of the target group.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/network/application-load-balancer-target.html",
    error="InvalidTarget",
)
def test_load_balancer_that_does_not_listen_is_refused_as_target(stage: Stage) -> None:
    """AWS wants the listener first, at the port of the target group; and nothing but a load balancer."""
    balanced = Balanced(stage)
    for port, target in ((8001, balanced.arn), (8000, "127.0.0.1")):
        with pytest.raises(ClientError, match="InvalidTarget"):
            stage.elbv2.register_targets(
                TargetGroupArn=Before.group_at(stage, port), Targets=[{"Id": target, "Port": port}]
            )


@pytest.mark.conformance(
    operation="elasticloadbalancing:CreateListener",
    says="A load balancer has one listener per port.",
    source="https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
    error="DuplicateListener",
)
@pytest.mark.conformance(
    operation="elasticloadbalancing:ModifyListener",
    says="A listener is not moved to a port that has one.",
    error="DuplicateListener",
)
def test_a_port_has_one_listener(stage: Stage) -> None:
    """Moto would take a second one, and move another one there."""
    balanced = Balanced(stage)
    at = {"LoadBalancerArn": balanced.arn, "Protocol": "HTTP", "DefaultActions": balanced.forward}
    with pytest.raises(ClientError, match="DuplicateListener"):
        stage.elbv2.create_listener(**at, Port=8000)
    other = stage.elbv2.create_listener(**at, Port=8001)["Listeners"][0]["ListenerArn"]
    with pytest.raises(ClientError, match="DuplicateListener"):
        stage.elbv2.modify_listener(ListenerArn=other, Port=8000)
    stage.elbv2.delete_listener(ListenerArn=other)
    stage.elbv2.create_listener(**at, Port=8001)


@pytest.mark.conformance(
    operation="elasticloadbalancing:DeleteListener",
    says="A listener stays while its port is that of a registered target.",
    source="https://github.com/hashicorp/terraform-provider-aws/issues/34860",
    error="ResourceInUse",
)
def test_a_listener_stays_while_a_network_load_balancer_forwards_to_it(stage: Stage) -> None:
    """Neither deleted nor moved to another port, until the target is taken out."""
    balanced = Balanced(stage)
    before = Before(stage, balanced)
    for change in (
        lambda: stage.elbv2.delete_listener(ListenerArn=balanced.listener),
        lambda: stage.elbv2.modify_listener(ListenerArn=balanced.listener, Port=8001),
    ):
        with pytest.raises(ClientError, match=r"ResourceInUse.*port '8000' is in use by registered target"):
            change()
    stage.elbv2.deregister_targets(TargetGroupArn=before.group, Targets=[{"Id": balanced.arn, "Port": 8000}])
    stage.elbv2.delete_listener(ListenerArn=balanced.listener)


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [
        ("200", 200, True),
        ("200", 201, False),
        ("200-399", 302, True),
        ("200,301-302", 301, True),
        ("200,301", 302, False),
    ],
)
def test_matcher(matcher: str, status: int, *, expected: bool) -> None:
    """Single codes, ranges and lists."""
    assert matches(matcher, status) is expected


def test_unknown_action_is_refused_by_name() -> None:
    """Nothing is silently left out."""
    rule = Rule(conditions=[], actions=[{"Type": "authenticate-oidc"}])
    balancer = Balancer(
        address="127.0.0.9", idle_timeout_seconds=60, listeners=[Listener(name="l", port=1, rules=[rule])]
    )
    with pytest.raises(UnsupportedRuleError, match="authenticate-oidc"):
        render([balancer], {}, drain_seconds=1)


def test_unknown_condition_is_refused_when_it_is_made(stage: Stage) -> None:
    """Before it could stop the other listeners."""
    balanced = Balanced(stage)
    query = [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b"}]}}]
    with pytest.raises(ClientError, match="InvalidConfigurationRequest"):
        stage.elbv2.create_rule(
            ListenerArn=balanced.listener, Priority=1, Conditions=query, Actions=balanced.forward
        )


def test_sticky_group_sets_a_cookie() -> None:
    """With the name and the life that an ALB gives it."""
    group = TargetGroup(targets=[("127.0.0.8", 80)], sticky_seconds=60)
    rule = Rule(conditions=[], actions=[{"Type": "forward", "TargetGroupArn": "g"}])
    balancer = Balancer(
        address="127.0.0.9", idle_timeout_seconds=60, listeners=[Listener(name="l", port=1, rules=[rule])]
    )
    text = render([balancer], {"g": group}, drain_seconds=1)
    assert "cookie AWSALB insert indirect nocache maxlife 60s" in text
    assert "server 127.0.0.8-80 127.0.0.8:80 cookie 127.0.0.8-80" in text
