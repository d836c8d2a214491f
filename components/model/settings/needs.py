"""Settings that have an effect only where another one has a certain value."""

import re
from typing import Any

Need = tuple[str, object]
"""Another setting of the same section, and the value that it must have, or have among others."""


def has(settings: Any, need: Need) -> bool:
    """Whether a setting has the value that another one needs."""
    value = getattr(settings, need[0])
    return value == need[1] or (isinstance(value, str) and need[1] in re.split(r"[,:\s]+", value))
