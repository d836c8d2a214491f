"""Inbound traffic of users: paths, ports, and the load balancer that receives it."""

from typing import Any, Final

from ..settings.load_balancer_settings import HTTPS_PORT
from ..settings.oidc_settings import OidcSettings
from ..settings.settings import LoadBalancerSettings

TOKEN_PATHS: Final = ("/api/v2/*", "/auth/token", "/auth/token/*")
"""What machines call with a token, or to get one; Airflow itself refuses whoever has none."""
TOKENS_PRIORITY: Final = 2
"""Of the listener's rule for those paths."""
HTTP_PORT: Final = 80
LOAD_BALANCER: Final = "load-balancer"
NETWORK_LOAD_BALANCER: Final = "network-load-balancer"
PROVIDER_PORT: Final = 443
"""The only port on which a load balancer calls an OpenID provider."""


def public_load_balancer(settings: LoadBalancerSettings) -> str:
    """Return the name of the load balancer that users connect to: the outer one."""
    return NETWORK_LOAD_BALANCER if settings.nlb else LOAD_BALANCER


def ports(settings: LoadBalancerSettings) -> list[int]:
    """List the ports that the load balancer serves on."""
    return [HTTP_PORT, HTTPS_PORT] if settings.https else [settings.port]


def url(settings: LoadBalancerSettings, host: str) -> str:
    """Build the address of the user interface, without a slash at the end."""
    if settings.https:
        return f"https://{settings.domain or host}"
    return f"http://{host}" if settings.port == HTTP_PORT else f"http://{host}:{settings.port}"


def oidc_action(settings: OidcSettings, client_secret: Any) -> dict[str, Any]:
    """Return a listener's action of type authenticate-oidc.

    Args:
        settings: the provider's.
        client_secret: the value, as something that Pulumi keeps secret.
    """
    return {
        "type": "authenticate-oidc",
        "authenticate_oidc": {
            "issuer": settings.issuer_url,
            "authorization_endpoint": settings.authorization_url,
            "token_endpoint": settings.token_url,
            "user_info_endpoint": settings.user_info_url,
            "client_id": settings.client_id,
            "client_secret": client_secret,
            "scope": " ".join(settings.scopes),
            "session_timeout": settings.session_hours * 3600,
            "on_unauthenticated_request": "authenticate",
        },
    }
