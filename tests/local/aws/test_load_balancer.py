# pyright: basic
# boto3's answers have no types.
"""Listeners, rules and certificates of load balancers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws.haproxy import Balancer, Listener, Rule, TargetGroup, UnsupportedRuleError, render
from local.aws.target_health import matches

from .conftest import wait
from .test_services import Balanced

if TYPE_CHECKING:
    from .conftest import Stage


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


def test_https_listener_has_a_certificate_of_the_account(stage: Stage) -> None:
    """Verified with ca.pem, by the address in it."""
    balanced = Balanced(stage)
    certificate = stage.acm.request_certificate(DomainName="a.example.com", ValidationMethod="DNS")[
        "CertificateArn"
    ]
    found = stage.acm.describe_certificate(CertificateArn=certificate)["Certificate"]
    assert found["Status"] == "ISSUED"
    stage.elbv2.create_listener(
        LoadBalancerArn=balanced.arn, Protocol="HTTPS", Port=8443, DefaultActions=balanced.forward,
        Certificates=[{"CertificateArn": certificate}],
    )  # fmt: skip
    name = stage.serve(stage.definition(), **balanced.of_service)
    stage.until_complete(name)
    url = f"https://{balanced.address}:8443/"
    answer = requests.get(url, verify=str(stage.home / "ca.pem"), timeout=5)
    assert answer.json()["headers"]["x-forwarded-proto"] == "https"
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(url, timeout=5)


def test_target_that_answers_wrongly_is_unhealthy_with_a_reason(stage: Stage) -> None:
    """As DescribeTargetHealth of AWS names it."""
    balanced = Balanced(stage)
    stage.elbv2.modify_target_group(TargetGroupArn=balanced.group, Matcher={"HttpCode": "418"})
    name = stage.serve(stage.definition(), healthCheckGracePeriodSeconds=600, **balanced.of_service)
    task = wait(lambda: stage.tasks_of(name))[0]
    wait(lambda: stage.task(task)["lastStatus"] == "RUNNING")
    target = [{"Id": stage.address_of(task)}]

    def health() -> dict[str, Any]:
        told = stage.elbv2.describe_target_health(TargetGroupArn=balanced.group, Targets=target)
        return told["TargetHealthDescriptions"][0]["TargetHealth"]

    assert health()["State"] == "initial"
    wait(lambda: health()["State"] == "unhealthy", what=health)
    assert health()["Reason"] == "Target.ResponseCodeMismatch"
    assert "[200]" in health()["Description"]


def test_protected_load_balancer_is_not_deleted(stage: Stage) -> None:
    """Moto would delete it."""
    balanced = Balanced(stage)
    protection = [{"Key": "deletion_protection.enabled", "Value": "true"}]
    stage.elbv2.modify_load_balancer_attributes(LoadBalancerArn=balanced.arn, Attributes=protection)
    with pytest.raises(ClientError, match="OperationNotPermitted"):
        stage.elbv2.delete_load_balancer(LoadBalancerArn=balanced.arn)


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
