"""`LoadBalancer` under mocks: listeners, rules, targets. That a browser gets through, only AWS can tell."""

from dataclasses import replace

import pytest

from airflow_ecs_image import health
from components.ingress.load_balancer import LoadBalancer, LoadBalancerArgs
from components.model.services.service import Service
from components.model.settings.settings import LoadBalancerSettings
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, FLOWER
from tests.helpers.pulumi_mocks import Recording, record

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/x"
HTTPS = LoadBalancerSettings(certificate_arn=CERTIFICATE)
ARGS = LoadBalancerArgs(
    settings=LoadBalancerSettings(),
    certificate_arn=None,
    vpc_id="vpc",
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="group",
    protect=True,
    services=workload(CELERY).targets,
    oidc_client_secret=None,
)


def _balancer(args: LoadBalancerArgs = ARGS) -> Recording:
    return record(lambda: LoadBalancer("air", args))


def test_the_load_balancer_in_full() -> None:
    """Deletion is locked at AWS: the address that users know would be lost."""
    assert _balancer().one("lb/loadBalancer:LoadBalancer").inputs == {
        "dropInvalidHeaderFields": True,
        "enableDeletionProtection": True,
        "idleTimeout": 60,
        "internal": False,
        "loadBalancerType": "application",
        "securityGroups": ["group"],
        "subnets": ["subnet-a", "subnet-b"],
    }
    unlocked = _balancer(replace(ARGS, protect=False)).one("lb/loadBalancer:LoadBalancer")
    assert unlocked.inputs["enableDeletionProtection"] is False


def test_access_logs_and_web_acl_are_optional() -> None:
    """Into a bucket and by a web ACL that are there already."""
    acl = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/company/1"
    recording = _balancer(replace(ARGS, settings=LoadBalancerSettings(logs_bucket="access", web_acl_arn=acl)))
    balancer = recording.one("lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["accessLogs"] == {"bucket": "access", "enabled": True}
    association = recording.one("WebAclAssociation").inputs
    assert association["webAclArn"] == acl
    assert association["resourceArn"].endswith("LoadBalancer/air")


def test_without_a_certificate_it_speaks_http_on_the_port_asked() -> None:
    """One listener, to the API server."""
    recording = _balancer(replace(ARGS, settings=LoadBalancerSettings(port=8080)))
    listener = recording.one("Listener").inputs
    assert (listener["port"], listener["protocol"]) == (8080, "HTTP")
    assert listener["defaultActions"][0]["targetGroupArn"].endswith("TargetGroup/air-api")


@pytest.mark.parametrize(
    ("chosen", "policy"),
    [
        ("", "ELBSecurityPolicy-TLS13-1-2-2021-06"),
        ("ELBSecurityPolicy-TLS13-1-3-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06"),
    ],
)
def test_with_a_certificate_it_speaks_https_and_http_only_redirects(chosen: str, policy: str) -> None:
    """TLS 1.2 at least, unless somebody names a policy."""
    recording = _balancer(
        replace(ARGS, certificate_arn=CERTIFICATE, settings=replace(HTTPS, ssl_policy=chosen))
    )
    https = recording.one("Listener", "air-443").inputs
    assert (https["port"], https["protocol"], https["sslPolicy"]) == (443, "HTTPS", policy)
    assert https["certificateArn"] == CERTIFICATE
    redirect = recording.one("Listener", "air-80").inputs
    assert redirect["port"] == 80
    assert redirect["defaultActions"] == [
        {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}}
    ]


def test_browsers_are_given_the_same_headers_whatever_a_listener_does() -> None:
    """No other site shows Airflow in a frame, and HTTPS stays; the provider takes no header back."""

    def headers(args: LoadBalancerArgs) -> dict[str, dict[str, str]]:
        prefix, suffix = "routingHttpResponse", "HeaderValue"
        return {
            one.name: {
                key.removeprefix(prefix).removesuffix(suffix): value
                for key, value in one.inputs.items()
                if key.startswith(prefix)
            }
            for one in _balancer(args).all("lb/listener:Listener")
        }

    http = {"XContentTypeOptions": "nosniff", "XFrameOptions": "SAMEORIGIN"}
    https = {**http, "StrictTransportSecurity": "max-age=31536000"}
    assert headers(ARGS) == {"air-80": http}
    certified = replace(ARGS, settings=HTTPS, certificate_arn=CERTIFICATE)
    assert headers(certified) == {"air-443": https, "air-80": http}


def test_a_port_has_the_same_listener_whatever_it_does() -> None:
    """AWS takes no second one while the first is there; HTTP goes on until HTTPS is served."""
    secure = _balancer(replace(ARGS, certificate_arn=CERTIFICATE, settings=HTTPS))
    assert set(_balancer().names("Listener")) < set(secure.names("Listener"))
    assert secure.one("Listener", "air-443").urn in secure.one("Listener", "air-80").dependencies


def test_targets_are_watched_where_they_answer() -> None:
    """Where no query to the database is made; only a 200 counts, and a stopping task has 15 s left."""
    target = _balancer().one("TargetGroup").inputs
    assert (target["port"], target["protocol"], target["targetType"]) == (8080, "HTTP", "ip")
    assert target["healthCheck"] == {
        "healthyThreshold": 2,
        "interval": 10,
        "matcher": "200",
        "path": "/api/v2/version",
        "timeout": 5,
        "unhealthyThreshold": 3,
    }
    assert target["deregistrationDelay"] == 15


@pytest.mark.parametrize("service", workload(FLOWER).targets, ids=lambda service: service.name)
def test_a_target_is_watched_where_its_own_container_is(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a path that neither database nor broker can fail: else one outage of those takes all targets away.

    That the path answers without them is proven with the real servers, in tests/image/test_services.py.
    """
    paths: list[str] = []

    def http_alive(_host: str, _port: int, path: str) -> str:
        paths.append(path)
        return ""

    monkeypatch.setattr(health, "http_alive", http_alive)
    health.CHECKS[service.name]({"AIRFLOW_ECS_TASK_ADDRESS": "10.0.0.7", **service.environment})
    groups = _balancer(replace(ARGS, services=workload(FLOWER).targets)).all("TargetGroup")
    (group,) = (one for one in groups if one.inputs["port"] == service.port)
    assert [group.inputs["healthCheck"]["path"]] == paths


def test_flower_has_a_path_of_its_own() -> None:
    """And a target group, where it runs at all."""
    recording = _balancer(replace(ARGS, services=workload(FLOWER).targets))
    rule = recording.one("ListenerRule", "air-flower").inputs
    assert rule["conditions"] == [{"pathPattern": {"values": ["/flower", "/flower/*"]}}]
    target = recording.one("TargetGroup", "air-flower").inputs
    assert (target["port"], target["healthCheck"]["path"]) == (5555, "/flower/healthcheck")
    assert _balancer().names("TargetGroup") == ["air-api"]


def test_behind_a_network_load_balancer_it_has_no_public_address() -> None:
    """That one has it."""
    recording = _balancer(replace(ARGS, settings=LoadBalancerSettings(nlb=True)))
    assert recording.one("lb/loadBalancer:LoadBalancer").inputs["internal"] is True
