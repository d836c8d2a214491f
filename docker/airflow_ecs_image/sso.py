"""Single sign-on: what the program says of the OpenID provider, and what a user's claims mean for Airflow.

https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from airflow_ecs_image.errors import PermanentError

SETTINGS_VARIABLE: Final = "AIRFLOW_ECS_SSO"
SECRET_VARIABLE: Final = "AIRFLOW_ECS_SSO_CLIENT_SECRET"  # noqa: S105 - a name, no secret
PROVIDER: Final = "sso"
"""Names the provider in Airflow's addresses: the redirect URI ends in /auth/oauth-authorized/sso."""
CA_FILE: Final = "/opt/airflow/certs/broker.pem"
"""The public certificate authorities, and those that the build adds."""
REQUEST_SECONDS: Final = 10


class RefusedError(RuntimeError):
    """This user does not come in; the text says why, for the log."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The provider, as the program describes it in `AIRFLOW_ECS_SSO` (JSON of these fields but the secret).

    Attributes:
        issuer_url: where the provider's `/.well-known/openid-configuration` is.
        client_id: Airflow's name at the provider.
        client_secret: Airflow's password there.
        scopes: what is asked for; `openid` is one of them.
        username_claim: the claim that names an Airflow user.
        groups_claims: the claims that hold a user's groups, as a string or a list of strings.
        group_roles: Airflow's role by group.
        default_role: the role of whoever has no mapped group; empty: they do not come in.
        password_tokens: whether accounts with a password still get API tokens for it.
    """

    issuer_url: str
    client_id: str
    client_secret: str
    scopes: list[str]
    username_claim: str
    groups_claims: list[str]
    group_roles: dict[str, str]
    default_role: str
    password_tokens: bool


def settings(environ: Mapping[str, str]) -> Settings | None:
    """Read the provider from the environment; None where users sign in with a password.

    Raises:
        PermanentError: half of it is there, or it is not understood.
    """
    text, secret = environ.get(SETTINGS_VARIABLE), environ.get(SECRET_VARIABLE)
    if not text and not secret:
        return None
    if not text or not secret:
        raise PermanentError(f"single sign-on needs both {SETTINGS_VARIABLE} and {SECRET_VARIABLE}")
    try:
        return Settings(**json.loads(text), client_secret=secret)
    except (TypeError, ValueError) as error:
        raise PermanentError(f"{SETTINGS_VARIABLE} is not understood: {error}") from None


def flask_provider(known: Settings) -> dict[str, Any]:
    """Describe the provider to Flask-AppBuilder; Authlib finds the rest by discovery.

    https://docs.authlib.org/en/latest/oauth2/client/web/index.html
    """
    return {
        "name": PROVIDER,
        "icon": "fa-key",
        "token_key": "access_token",
        "remote_app": {
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "server_metadata_url": f"{known.issuer_url.rstrip('/')}/.well-known/openid-configuration",
            "client_kwargs": {
                "scope": " ".join(known.scopes),
                "code_challenge_method": "S256",
                "default_timeout": REQUEST_SECONDS,
                "verify": CA_FILE,
            },
        },
    }


def check(claims: Mapping[str, Any], known: Settings) -> None:
    """Check what Authlib leaves open: that its issuer is the one we were told, and we the audience.

    Authlib has checked signature, expiry and nonce, and the issuer against the provider's own word.

    Raises:
        RefusedError: the token is somebody else's, or for somebody else.
    """
    issuer, audience = str(claims.get("iss", "")), claims.get("aud")
    if issuer.rstrip("/") != known.issuer_url.rstrip("/"):
        raise RefusedError(f"the ID token is of {issuer!r}, not of {known.issuer_url}")
    if known.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise RefusedError(f"the ID token is for {audience!r}, not for {known.client_id}")


def missing(claims: Mapping[str, Any], known: Settings) -> bool:
    """Whether a claim is not in the ID token; some providers hold groups back for the userinfo endpoint."""
    wanted = [known.username_claim, *known.groups_claims]
    return any(name not in claims for name in [*wanted, *(["email_verified"] if "email" in wanted else [])])


def user_info(claims: Mapping[str, Any], known: Settings) -> dict[str, Any]:
    """Turn claims into what Flask-AppBuilder knows a user by; `role_keys` are Airflow's roles.

    Raises:
        RefusedError: the user has no name, or an address that nobody has verified.
    """
    username = claims.get(known.username_claim)
    if not isinstance(username, str) or not username:
        raise RefusedError(f"there is no claim {known.username_claim}; the claims are {sorted(claims)}")
    claim_names = (known.username_claim, *known.groups_claims)
    if "email" in claim_names and str(claims.get("email_verified")).lower() != "true":
        raise RefusedError(f"the provider reports no verified address of {username}")
    first, _, last = str(claims.get("name", "")).partition(" ")
    return {
        "username": username,
        "first_name": claims.get("given_name") or first or username,
        "last_name": claims.get("family_name") or last,
        "email": claims.get("email", ""),
        "role_keys": roles(groups(claims, known.groups_claims), known),
    }


def groups(claims: Mapping[str, Any], names: list[str]) -> list[str]:
    """List a user's groups; a claim that is one text is one group."""
    found: list[str] = []
    for name in names:
        value: Any = claims.get(name, [])
        found += [str(one) for one in value] if isinstance(value, list) else [str(value)]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return found


def roles(of_groups: list[str], known: Settings) -> list[str]:
    """List the roles of these groups, or the default role; none: the user does not come in."""
    mapped = {known.group_roles[one] for one in of_groups if one in known.group_roles}
    return sorted(mapped) or ([known.default_role] if known.default_role else [])
