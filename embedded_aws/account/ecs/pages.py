"""Lists in pages, as ECS gives them.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListServices.html,
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ListTasks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ecs.exceptions import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LARGEST = 100
"""Entries of a page that a caller may ask for."""


def page(name: str, entries: Sequence[str], given: Mapping[str, Any], default: int) -> dict[str, Any]:
    """Return one page of ARNs, and the token of the next one, if any.

    Args:
        name: of the list in the answer, such as `taskArns`.
        entries: the whole list.
        given: the request, with `maxResults` and `nextToken`.
        default: entries of a page where the request names no number.

    Raises:
        InvalidParameterException: the token was not given out, or the number is none of 1 to 100.
    """
    size = given.get("maxResults") or default
    if not 1 <= size <= LARGEST:
        raise InvalidParameterException("maxResults must be between 1 and 100.")
    token = given.get("nextToken")
    if token and token not in entries:
        raise InvalidParameterException("Invalid token")
    start = entries.index(token) if token else 0
    rest = entries[start + size :]
    return {name: entries[start : start + size], **({"nextToken": rest[0]} if rest else {})}
