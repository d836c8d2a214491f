"""Where users come in."""

from .settings import LoadBalancerSettings


def ports(settings: LoadBalancerSettings) -> list[int]:
    """List the ports that the load balancer serves on."""
    return [80, 443] if settings.https else [settings.port]


def url(settings: LoadBalancerSettings, host: str) -> str:
    """Build the address of the user interface, without a slash at the end."""
    if settings.https:
        return f"https://{settings.domain or host}"
    return f"http://{host}" if settings.port == 80 else f"http://{host}:{settings.port}"  # noqa: PLR2004
