"""Keeps the bridge on this machine: it serves an account on loopback, and no other."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from embedded_aws.engine.provider import ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

_GENERAL = "AWS_ENDPOINT_URL"
_WHY = (
    "this engine serves an account on loopback only; for AWS itself use the official Pulumi CLI and plugins"
)
_DROPPED = {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"}
_FIXED = {
    "AWS_CONFIG_FILE": "/dev/null",
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def check(environment: Mapping[str, str], configured: list[dict[str, Any]]) -> None:
    """Refuse when any endpoint is missing or not on loopback.

    Args:
        environment: `AWS_ENDPOINT_URL` must be there; it and every `AWS_ENDPOINT_URL_<SERVICE>` are checked.
        configured: The provider's argument `endpoints`: service → URL, in each element.

    Raises:
        ProviderError: Which one, and why.
    """
    if not environment.get(_GENERAL):
        raise ProviderError(f"{_GENERAL} is not set: {_WHY}")
    ambient = {key: value for key, value in environment.items() if key.startswith(_GENERAL) and value}
    named = {f"endpoints.{service}": url for element in configured for service, url in element.items() if url}
    for name, url in {**ambient, **named}.items():
        if not _is_loopback(url):
            raise ProviderError(f"{name}={url} is not on this machine: {_WHY}")


def sealed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for the provider, without what would lead it past the checked endpoints."""
    return {key: value for key, value in environment.items() if key not in _DROPPED} | _FIXED


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
