"""Lists in pages, each with the token of the next one."""

from __future__ import annotations

import hmac
import secrets
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
_SECRET = secrets.token_bytes(16)
"""A token that this process did not give out is none."""


def page(entries: Sequence[T], token: str | None, size: int) -> tuple[Sequence[T], str]:
    """Return a page, and the token of the next one; "": it is the last.

    Args:
        entries: the whole list; one that has become shorter meanwhile ends earlier.
        token: of the page; nothing: the first.
        size: entries of a page.

    Raises:
        ValueError: the token was not given out.
    """
    start = token.partition(".")[0] if token else "0"
    if token and token != _signed(start):
        raise ValueError("the token was not given out")
    end = int(start) + size
    return entries[int(start) : end], _signed(str(end)) if end < len(entries) else ""


def _signed(start: str) -> str:
    return f"{start}.{hmac.new(_SECRET, start.encode(), 'sha256').hexdigest()}"
