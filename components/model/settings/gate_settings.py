"""The settings of the load balancer's own sign-in."""

from dataclasses import dataclass

from . import openid
from .setting import between, setting


@dataclass(frozen=True, kw_only=True)
class GateSettings:
    """An OpenID provider that the Application Load Balancer asks before it lets a browser through.

    A load balancer does not discover: its addresses stand in the provider's
    /.well-known/openid-configuration.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """

    issuer_url: str = setting(
        "",
        "Issuer of an OpenID provider, exactly as it calls itself. Given: the load balancer lets only users "
        "of the provider through to Airflow's pages and Flower; /api/v2 and /auth/token stay open for API "
        "tokens. Needs a certificate. Empty: no gate.",
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
        openid.client_secret_arn,
    )
    scopes: tuple[str, ...] = setting(
        ("openid",),
        "Scopes to ask for.",
        openid.scopes,
    )
    session_hours: int = setting(
        12, "Hours after which a browser must go through the provider again, 1 to 168.", between(1, 168)
    )

    def errors(self) -> list[str]:
        """Say what does not fit together."""
        rest = {
            "loadBalancerOidcAuthorizationUrl": self.authorization_url,
            "loadBalancerOidcTokenUrl": self.token_url,
            "loadBalancerOidcUserInfoUrl": self.user_info_url,
            "loadBalancerOidcClientId": self.client_id,
            "loadBalancerOidcClientSecretArn": self.client_secret_arn,
        }
        if self.issuer_url:
            return [
                f"{key} must be set with loadBalancerOidcIssuerUrl; got ''. Nothing is discovered"
                for key, value in rest.items()
                if not value
            ]
        return [
            f"{key} needs loadBalancerOidcIssuerUrl, which is empty. Set it, or remove {key}"
            for key, value in rest.items()
            if value
        ]
