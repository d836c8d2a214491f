"""Single sign-on's settings."""

import json
from dataclasses import dataclass
from typing import Any

from . import openid
from .setting import between, matching, setting

ROLES = ("Admin", "Op", "User", "Viewer", "Public")
"""The roles that Airflow makes, from most to least rights.

https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/access-control.html
"""
_CLAIM = r"[A-Za-z][A-Za-z0-9_:./-]*"


@dataclass(frozen=True, kw_only=True)
class SsoSettings:
    """Sign-in through an OpenID provider; docs/sso.md shows four."""

    issuer_url: str = setting(
        "",
        "Issuer URL of an OpenID provider, below which /.well-known/openid-configuration is. Given: users "
        "sign in there, and the sign-in form for passwords ends. Needs a certificate. Empty: passwords.",
        openid.url,
    )
    client_id: str = setting("", "Airflow's client id at the provider.", openid.client_id)
    client_secret_arn: str = setting(
        "",
        "ARN of the secret in Secrets Manager that holds the client secret, as plain text. ECS reads it when "
        "an API server starts; a new value takes effect with the next `pulumi up`.",
        openid.client_secret_arn,
    )
    scopes: tuple[str, ...] = setting(
        ("openid", "profile", "email"),
        "Scopes to ask for. Some providers give groups only for one of their own, such as groups.",
        openid.scopes,
    )
    username_claim: str = setting(
        "email",
        "Claim that names the Airflow user: stable, and not the user's to choose. sub is the strictest.",
        matching(_CLAIM, "the name of a claim"),
    )
    groups_claims: tuple[str, ...] = setting(
        ("groups",),
        "Claims that hold a user's groups, each a text or a list of texts.",
        lambda claims: _claims_error(claims),  # noqa: PLW0108 - it is defined below
    )
    group_roles: dict[str, str] = setting(
        {},
        "Airflow's role by group, exactly as the claim spells it; a user with several groups has all their "
        "roles, given anew at each login. Roles: Admin, Op, User, Viewer, Public.",
        lambda roles: _roles_error(roles),  # noqa: PLW0108 - it is defined below
    )
    default_role: str = setting(
        "",
        "Role of whoever signs in without a mapped group. Empty: they are refused.",
        matching(f"({'|'.join(ROLES)})?", f"one of {', '.join(ROLES)}, or empty"),
    )
    password_tokens: bool = setting(
        default=True,
        doc="Whether accounts with a password, such as the generated administrator's, still get API tokens "
        "at /auth/token; machines need that. The sign-in form is closed to them either way.",
    )
    session_hours: int = setting(
        12,
        "Hours after which a user must go through the provider again, 1 to 720; until then a user whom the "
        "provider has locked out may go on.",
        between(1, 720),
    )

    def errors(self) -> list[str]:
        """Say what does not fit together."""
        if not self.issuer_url:
            return [
                f"{key} needs ssoIssuerUrl, which is empty. Set it, or remove {key}"
                for key, value in (
                    ("ssoClientId", self.client_id),
                    ("ssoClientSecretArn", self.client_secret_arn),
                    ("ssoGroupRoles", self.group_roles),
                    ("ssoDefaultRole", self.default_role),
                )
                if value
            ]
        errors = [
            f"{key} must be set with ssoIssuerUrl; got ''. The provider gives it to whom it knows"
            for key, value in (
                ("ssoClientId", self.client_id),
                ("ssoClientSecretArn", self.client_secret_arn),
            )
            if not value
        ]
        if not self.group_roles and not self.default_role:
            errors.append(
                "ssoGroupRoles must map a group to a role; got {}, and nobody could come in. Map the "
                "administrators' group to Admin"
            )
        return errors


def _claims_error(claims: tuple[str, ...]) -> str | None:
    rule = matching(_CLAIM, "names of claims")
    return next((error for claim in claims if (error := rule(claim))), None)


def _roles_error(roles: dict[str, Any]) -> str | None:
    if all(role in ROLES for role in roles.values()):
        return None
    return f"must map groups to {', '.join(ROLES)}; got {json.dumps(roles)}"
