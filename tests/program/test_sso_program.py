"""The program with an OpenID provider, before Airflow and in it; that one answers is not proven here."""

import json
from typing import Any

import pytest

from tests.helpers.existing_account import CLIENT_SECRET
from tests.helpers.pulumi_mocks import Recording, forms
from tests.program import stacks

ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:oidc-AbCdEf"
HTTPS = {"loadBalancerCertificateArn": "arn:aws:acm:eu-west-1:123456789012:certificate/8c0e4f2a"}
SSO = {
    **HTTPS,
    "loadBalancerDomain": "airflow.example.com",
    "ssoIssuerUrl": "https://id.example",
    "ssoClientId": "airflow",
    "ssoClientSecretArn": ARN,
    "ssoGroupRoles": '{"airflow-admins": "Admin"}',
}
OIDC = {
    **HTTPS,
    "loadBalancerOidcIssuerUrl": "https://id.example",
    "loadBalancerOidcAuthorizationUrl": "https://id.example/authorize",
    "loadBalancerOidcTokenUrl": "https://id.example/token",
    "loadBalancerOidcUserInfoUrl": "https://id.example/userinfo",
    "loadBalancerOidcClientId": "alb",
    "loadBalancerOidcClientSecretArn": ARN,
}


def _run(changes: dict[str, str]) -> Recording:
    return stacks.run("prod", stacks.configuration("prod") | changes)


@pytest.fixture(scope="module")
def sso() -> Recording:
    """Production, signing in through a provider."""
    return _run(SSO)


@pytest.fixture(scope="module")
def oidc() -> Recording:
    """Production with load balancer sign-in, and Flower."""
    return _run(OIDC | {"flowerCount": "1", "flowerCpuUnits": "256", "flowerMemoryMib": "512"})


def _containers(recording: Recording) -> dict[str, dict[str, Any]]:
    found = (
        json.loads(one.inputs["containerDefinitions"])[0]
        for one in recording.all("ecs/taskDefinition:TaskDefinition")
    )
    return {container["name"]: container for container in found}


def _environment(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["value"] for one in container["environment"]}


def test_the_client_secret_reaches_the_api_server_by_reference(sso: Recording) -> None:
    """ECS reads it there; its version restarts the server when the value changes."""
    readers = {
        name: [one["name"] for one in container["secrets"] if one["valueFrom"] == ARN]
        for name, container in _containers(sso).items()
    }
    assert {name: variables for name, variables in readers.items() if variables} == {
        "api-server": ["AIRFLOW_ECS_SSO_CLIENT_SECRET"]
    }
    versions = _environment(_containers(sso)["api-server"])["AIRFLOW_ECS_SECRET_VERSIONS"].split()
    assert "sso-client-secret=given-v2" in versions
    policy = sso.one("RolePolicy", "airflow-prod-api-server-execution").inputs["policy"]
    assert ARN in policy


def test_users_connect_by_the_name_of_the_certificate(sso: Recording) -> None:
    """Redirects lead there, not to AWS's name of the load balancer."""
    environment = _environment(_containers(sso)["api-server"])
    assert environment["AIRFLOW__API__BASE_URL"] == "https://airflow.example.com"
    assert sso.exports["url"] == "https://airflow.example.com"


def test_single_sign_on_makes_no_resource(sso: Recording) -> None:
    """It is a setting of the API server."""
    assert stacks.lines(sso) == stacks.lines(_run(HTTPS))


@pytest.mark.parametrize("name", ["sso", "oidc"])
def test_no_client_secret_is_anywhere_in_plaintext(name: str, request: pytest.FixtureRequest) -> None:
    """Not in an input, an environment, an output or an export."""
    clear = request.getfixturevalue(name).in_plaintext()
    assert not [form for form in forms(CLIENT_SECRET) if form in clear]


def test_the_load_balancer_authenticates_every_page(oidc: Recording) -> None:
    """Airflow and Flower alike, and only then leads on."""
    listener = oidc.one("Listener", "airflow-prod-443").inputs["defaultActions"]
    flower = oidc.one("ListenerRule", "airflow-prod-flower").inputs["actions"]
    for actions in (listener, flower):
        ask, forward = sorted(actions, key=lambda action: action["order"])
        assert (ask["type"], forward["type"]) == ("authenticate-oidc", "forward")
        assert ask["authenticateOidc"] == {
            "authorizationEndpoint": "https://id.example/authorize",
            "clientId": "alb",
            "clientSecret": CLIENT_SECRET,
            "issuer": "https://id.example",
            "onUnauthenticatedRequest": "authenticate",
            "scope": "openid",
            "sessionTimeout": 43200,
            "tokenEndpoint": "https://id.example/token",
            "userInfoEndpoint": "https://id.example/userinfo",
        }


def test_what_takes_api_tokens_stays_open(oidc: Recording) -> None:
    """A machine cannot sign in with a browser."""
    rules = {one.inputs["priority"]: one.inputs for one in oidc.all("ListenerRule")}
    assert [rule["actions"][0]["type"] for _, rule in sorted(rules.items())] == [
        "authenticate-oidc",
        "forward",
    ]
    (condition,) = rules[2]["conditions"]
    assert condition["pathPattern"]["values"] == ["/api/v2/*", "/auth/token", "/auth/token/*"]
    assert [action["type"] for action in rules[2]["actions"]] == ["forward"]


def test_the_load_balancer_may_call_the_provider_of_its_sign_in(oidc: Recording) -> None:
    """Over TLS only; without sign-in it calls nobody outside."""
    name = "airflow-prod-load-balancer-to-provider"
    rule = oidc.one("SecurityGroupEgressRule", name).inputs
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (443, 443, "tcp")
    assert name not in _run(HTTPS).names("SecurityGroupEgressRule")
