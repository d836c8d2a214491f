"""What messages show of values."""

import re
from typing import Any


def shown(value: Any) -> str:
    """Write a value for a message, without the login of a URL in it."""
    return without_logins(repr(value))


def without_logins(text: str) -> str:
    """Hide the logins of the URLs in each line; rather too much, as a password may hold anything."""
    return re.sub(r"://.*@", "://***@", text)
