"""Single sign-on's settings."""

from dataclasses import dataclass
from typing import Any

from ..shown import shown
from . import openid
from .errors import Errors, Key, at, invalid, name_of
from .rules import between, matching, secret_arn
from .setting import Section, setting

ROLES = ("Admin", "Op", "User", "Viewer", "Public")
"""The roles that Airflow defines, from most to least permissions.

https://airflow.apache.org/docs/apache-airflow-providers-fab/stable/auth-manager/access-control.html
"""
_CLAIM = matching(r"[A-Za-z][A-Za-z0-9_:./-]*", "the name of a claim")


def _claims(claims: tuple[str, ...]) -> Errors:
    for index, claim in enumerate(claims):
        yield from (error.below(index) for error in _CLAIM(claim))


def _group_roles(roles: dict[str, Any]) -> Errors:
    for group, role in roles.items():
        if role not in ROLES:
            yield invalid(f"must be one of {', '.join(ROLES)}; got {shown(role)}", Key(group))


@dataclass(frozen=True, kw_only=True)
class SsoSettings(Section):
    """Sign-in through an OpenID provider; docs/sso.md shows four."""

    issuer_url: str = setting(
        "",
        "Issuer URL of an OpenID provider, below which /.well-known/openid-configuration is. If set, users "
        "sign in there, and the form for passwords is gone. Needs a certificate. Empty: passwords.",
        openid.url,
    )
    client_id: str = setting("", "Airflow's client id at the provider.", openid.client_id)
    client_secret_arn: str = setting(
        "",
        "ARN of the secret in Secrets Manager that holds the client secret, as plain text. ECS reads it when "
        "an API server starts; a new value takes effect with the next `pulumi up`.",
        secret_arn,
    )
    scopes: tuple[str, ...] = setting(
        ("openid", "profile", "email"),
        "Scopes to ask for. Some providers give groups only for one of their own, such as groups.",
        openid.scopes,
    )
    username_claim: str = setting(
        "sub",
        "Claim that names the Airflow user: stable, and not the user's to choose, as sub is by definition. "
        "email is accepted only with email_verified true.",
        _CLAIM,
    )
    groups_claims: tuple[str, ...] = setting(
        ("groups",),
        "Claims that hold a user's groups, each a string or a list of strings.",
        _claims,
    )
    group_roles: dict[str, str] = setting(
        {},
        "Airflow's role by group, exactly as the claim spells it; a user with several groups has all their "
        "roles, updated at each login. Roles: Admin, Op, User, Viewer, Public.",
        _group_roles,
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
        "Hours after which a user must sign in again, with a password too, 1 to 720; until then a user whom "
        "the provider has locked out may go on.",
        between(1, 720),
    )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        issuer_url = name_of("issuer_url")
        if not self.issuer_url:
            for name in ("client_id", "client_secret_arn", "group_roles", "default_role"):
                if getattr(self, name):
                    yield at(name, f"needs {issuer_url}, which is empty. Set it, or remove {name_of(name)}")
            return
        for name in ("client_id", "client_secret_arn"):
            if not getattr(self, name):
                yield at(name, f"must be set with {issuer_url}; got ''. The provider issues it")
        if not self.group_roles and not self.default_role:
            yield at(
                "group_roles",
                "must map a group to a role; got {}, and nobody could sign in. Map the administrators' group "
                "to Admin",
            )
