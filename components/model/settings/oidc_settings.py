"""The settings of the load balancer's own authentication."""

from dataclasses import dataclass

from . import openid
from .errors import Errors, at, name_of
from .rules import between, secret_arn
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class OidcSettings(Section):
    """An OpenID provider with which the Application Load Balancer authenticates users.

    A load balancer does not discover: its addresses stand in the provider's
    /.well-known/openid-configuration.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """

    issuer_url: str = setting(
        "",
        "Issuer of an OpenID provider, exactly as it calls itself. If set, the load balancer lets only users "
        "of the provider through to Airflow's pages and Flower; /api/v2 and /auth/token stay open for API "
        "tokens. Needs a certificate. Empty: none.",
        openid.url,
    )
    authorization_url: str = setting("", "The provider's authorization_endpoint.", openid.url)
    token_url: str = setting("", "The provider's token_endpoint.", openid.url)
    user_info_url: str = setting("", "The provider's userinfo_endpoint.", openid.url)
    client_id: str = setting(
        "",
        "The load balancer's client id at the provider, whose redirect URI is https://HOST/oauth2/idpresponse.",
        openid.client_id,
    )
    client_secret_arn: str = setting(
        "",
        "ARN of the secret in Secrets Manager that holds the client secret, as plain text. Whoever deploys "
        "must be allowed to read it; it is kept encrypted in the state.",
        secret_arn,
    )
    scopes: tuple[str, ...] = setting(
        ("openid",),
        "Scopes to ask for.",
        openid.scopes,
    )
    session_hours: int = setting(
        12, "Hours after which a browser must go through the provider again, 1 to 168.", between(1, 168)
    )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        issuer_url = name_of("issuer_url")
        for name in ("authorization_url", "token_url", "user_info_url", "client_id", "client_secret_arn"):
            if self.issuer_url and not getattr(self, name):
                yield at(name, f"must be set with {issuer_url}; got ''. A load balancer does not discover it")
            if not self.issuer_url and getattr(self, name):
                yield at(name, f"needs {issuer_url}, which is empty. Set it, or remove {name_of(name)}")
