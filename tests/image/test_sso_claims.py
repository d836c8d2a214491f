"""What claims mean for Airflow, without a server."""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest

from airflow_ecs_image import sso
from airflow_ecs_image.errors import PermanentError

KNOWN = sso.Settings(
    issuer_url="https://id.example/tenant",
    client_id="airflow",
    client_secret="hidden",
    scopes=["openid", "groups"],
    username_claim="email",
    groups_claims=["groups", "hd"],
    group_roles={"admins": "Admin", "readers": "Viewer", "example.com": "User"},
    default_role="",
    password_tokens=True,
)
SETTINGS_JSON = json.dumps({key: value for key, value in asdict(KNOWN).items() if key != "client_secret"})
CLAIMS: dict[str, Any] = {
    "iss": KNOWN.issuer_url,
    "aud": "airflow",
    "sub": "1",
    "email": "ada@example.com",
    "email_verified": True,
}


@pytest.mark.parametrize(
    ("groups", "roles"),
    [
        (["admins"], ["Admin"]),
        (["readers", "admins", "others"], ["Admin", "Viewer"]),
        (["Admins"], []),
        ([], []),
        (["others"], []),
        (["1"], []),
    ],
)
def test_groups_become_roles_by_their_exact_names(groups: list[str], roles: list[str]) -> None:
    """A user has the roles of all their groups, and none of a group that only looks alike."""
    assert sso.roles(groups, KNOWN) == roles


def test_the_default_role_is_for_those_without_a_mapped_group() -> None:
    """It adds nothing to what a group gives."""
    known = replace(KNOWN, default_role="Viewer")
    assert [sso.roles(groups, known) for groups in ([], ["others"], ["admins"])] == [
        ["Viewer"],
        ["Viewer"],
        ["Admin"],
    ]


@pytest.mark.parametrize(
    ("claims", "groups"),
    [
        ({}, []),
        ({"groups": ["a", "b"]}, ["a", "b"]),
        ({"groups": "a b"}, ["a b"]),
        ({"groups": ["a"], "hd": "example.com"}, ["a", "example.com"]),
        ({"groups": [7]}, ["7"]),
    ],
)
def test_groups_are_gathered_from_all_their_claims(claims: dict[str, Any], groups: list[str]) -> None:
    """A text is one group, even with a space in it."""
    assert sso.groups(claims, KNOWN.groups_claims) == groups


@pytest.mark.parametrize(
    ("claims", "message"),
    [
        ({"aud": "another"}, "is for 'another', not for airflow"),
        ({"aud": ["another"]}, "not for airflow"),
        ({"aud": None}, "not for airflow"),
        ({"iss": "https://id.example/other"}, "is of 'https://id.example/other', not of https://id.example/"),
        ({"iss": None}, "is of 'None'"),
    ],
)
def test_a_token_of_or_for_somebody_else_is_refused(claims: dict[str, Any], message: str) -> None:
    """Also one that Authlib lets pass since `azp` names us."""
    with pytest.raises(sso.RefusedError, match=message):
        sso.check({**CLAIMS, "azp": "airflow", **claims}, KNOWN)


@pytest.mark.parametrize("claims", [{}, {"aud": ["other", "airflow"]}, {"iss": f"{KNOWN.issuer_url}/"}])
def test_our_own_token_is_taken(claims: dict[str, Any]) -> None:
    """One audience of several, and a slash at the issuer's end."""
    sso.check({**CLAIMS, **claims}, KNOWN)


@pytest.mark.parametrize("verified", [False, "false", None, "", "unknown"])
def test_an_unverified_address_names_nobody(verified: object) -> None:
    """Else whoever may type an address into the provider is that person here."""
    with pytest.raises(sso.RefusedError, match=r"no verified address of ada@example\.com"):
        sso.user_info({**CLAIMS, "email_verified": verified}, KNOWN)
    by_subject = replace(KNOWN, username_claim="sub")
    assert sso.user_info({**CLAIMS, "email_verified": verified}, by_subject)["username"] == "1"


@pytest.mark.parametrize("username", [None, "", 7, ["ada"]])
def test_a_user_without_a_name_is_refused(username: object) -> None:
    """An empty name would be everybody's."""
    with pytest.raises(sso.RefusedError, match="there is no claim email"):
        sso.user_info({**CLAIMS, "email": username}, KNOWN)


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({"given_name": "Ada", "family_name": "Lovelace", "name": "X"}, ("Ada", "Lovelace")),
        ({"name": "Ada King Lovelace"}, ("Ada", "King Lovelace")),
        ({}, ("ada@example.com", "")),
    ],
)
def test_a_user_is_called_as_the_provider_calls_them(claims: dict[str, str], names: tuple[str, str]) -> None:
    """By the two names, by one that is split, or by the user's name."""
    info = sso.user_info({**CLAIMS, **claims}, KNOWN)
    assert (info["first_name"], info["last_name"]) == names


@pytest.mark.parametrize(
    ("claims", "asked"),
    [
        ({"groups": [], "hd": "", "email_verified": True}, False),
        ({"groups": [], "email_verified": True}, True),
        ({"groups": [], "hd": ""}, True),
    ],
)
def test_the_userinfo_endpoint_is_asked_for_what_is_missing(
    claims: dict[str, Any],
    asked: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Not at each login."""
    known = {name: value for name, value in CLAIMS.items() if name != "email_verified"}
    assert sso.missing({**known, **claims}, KNOWN) is asked


def test_the_environment_gives_the_settings() -> None:
    """All of it, or nothing of it."""
    environ = {"AIRFLOW_ECS_SSO": SETTINGS_JSON, "AIRFLOW_ECS_SSO_CLIENT_SECRET": "hidden"}
    assert sso.settings(environ) == KNOWN
    assert sso.settings({}) is None


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"AIRFLOW_ECS_SSO": SETTINGS_JSON}, "needs both AIRFLOW_ECS_SSO and AIRFLOW_ECS_SSO_CLIENT_SECRET"),
        ({"AIRFLOW_ECS_SSO_CLIENT_SECRET": "hidden"}, "needs both"),
        ({"AIRFLOW_ECS_SSO": "{", "AIRFLOW_ECS_SSO_CLIENT_SECRET": "hidden"}, "AIRFLOW_ECS_SSO is not under"),
        ({"AIRFLOW_ECS_SSO": "{}", "AIRFLOW_ECS_SSO_CLIENT_SECRET": "hidden"}, "missing 8 required"),
    ],
)
def test_half_of_the_settings_is_refused(environ: dict[str, str], message: str) -> None:
    """A server that fell back to passwords would be open to whoever has one."""
    with pytest.raises(PermanentError, match=message) as refused:
        sso.settings(environ)
    assert "hidden" not in str(refused.value)


def test_flask_verifies_the_login_and_certificates() -> None:
    """PKCE, a time limit, and discovery at the issuer."""
    remote = sso.flask_provider(KNOWN)["remote_app"]
    assert remote["server_metadata_url"] == "https://id.example/tenant/.well-known/openid-configuration"
    assert remote["client_kwargs"] == {
        "scope": "openid groups",
        "code_challenge_method": "S256",
        "default_timeout": 10,
        "verify": "/opt/airflow/certs/broker.pem",
    }
