"""Which images a repository's lifecycle policy expires.

https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html ("How lifecycle policies work")
https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html
AWS acts within 24 hours; this account acts at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY_SECONDS = 86400


@dataclass(frozen=True)
class Held:
    """An image of a repository.

    Attributes:
        digest: its digest.
        tags: its tags; none: untagged.
        pushed_at: when its manifest came first, in seconds since 1970.
        members: digests of the images that it lists, where it is a list.
    """

    digest: str
    tags: frozenset[str]
    pushed_at: float
    members: frozenset[str] = frozenset()


def expired(policy: str, images: Sequence[Held], now: float) -> set[str]:
    """Give the digests that go.

    All rules are evaluated at the same time and applied by priority. An image that matches the tagging
    requirements of a rule cannot be expired by a rule of lower priority, but is counted by it all the same;
    what a list names stays while the list does.

    Args:
        policy: the policy's text.
        images: all images of the repository, first pushed first.
        now: seconds since 1970.
    """
    rules: list[dict[str, Any]] = sorted(json.loads(policy)["rules"], key=lambda rule: rule["rulePriority"])
    listed = {member for image in images for member in image.members}
    gone: set[str] = set()
    claimed: set[str] = set()
    for rule in rules:
        selected = [image for image in images if _selects(rule["selection"], image)]
        gone |= {image.digest for image in _old(rule["selection"], selected, now)} - claimed - listed
        claimed |= {image.digest for image in selected}
    return gone


def _selects(selection: dict[str, Any], image: Held) -> bool:
    status = selection["tagStatus"]
    if status != "tagged":
        return status == "any" or not image.tags
    patterns = [
        *selection.get("tagPatternList", []),
        *(f"{prefix}*" for prefix in selection.get("tagPrefixList", [])),
    ]
    return bool(image.tags) and all(
        any(fnmatchcase(tag, pattern) for tag in image.tags) for pattern in patterns
    )


def _old(selection: dict[str, Any], images: list[Held], now: float) -> list[Held]:
    number = int(selection["countNumber"])
    if selection["countType"] == "sinceImagePushed":
        return [image for image in images if now - image.pushed_at > number * _DAY_SECONDS]
    newest_last = sorted(images, key=lambda image: image.pushed_at)
    return newest_last[: max(0, len(newest_last) - number)]
