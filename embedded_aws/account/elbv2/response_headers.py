"""The headers that a listener of an Application Load Balancer sets in responses of its targets.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANY = r"[\x20\x21\x23-\x7e]{0,1024}"
"""AWS takes no quotation marks: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/4097."""
_VALUES = {
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Allow-Headers": _ANY,
    "Access-Control-Allow-Methods": _ANY,
    "Access-Control-Allow-Origin": _ANY,
    "Access-Control-Expose-Headers": _ANY,
    "Access-Control-Max-Age": r"\d{1,5}",
    "Content-Security-Policy": _ANY,
    "Strict-Transport-Security": r"[A-Za-z0-9=; -]{1,1024}",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": r"DENY|SAMEORIGIN|ALLOW-FROM https?://[^\s\"]+",
}
_HEADERS = {f"routing.http.response.{name.lower().replace('-', '_')}.header_value": name for name in _VALUES}
_SERVER = "routing.http.response.server.enabled"
"""Whether the load balancer names itself in responses of its own; those of this account never do."""


def attribute_error(key: str, value: str) -> str | None:
    """Return why a listener of an Application Load Balancer cannot have an attribute, or None."""
    if key == _SERVER:
        return None if value in ("true", "false") else f"The value of '{key}' must be 'true' or 'false'"
    if key.startswith("routing.http.request."):
        return f"this account's load balancers rename no headers: {key}"
    header = _HEADERS.get(key)
    if header is None:
        return f"Listener attribute key '{key}' is not recognized"
    if value and not re.fullmatch(_VALUES[header], value):
        return f"The value of '{key}' contains invalid characters"
    return None


def of(attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that a listener's attributes set; an empty value sets none."""
    return {_HEADERS[key]: value for key, value in attributes.items() if key in _HEADERS and value}
