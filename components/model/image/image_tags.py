"""The tags of images: what they are made of, and which of them the repository's lifecycle policy spares."""

import re
from collections.abc import Iterable
from typing import Any, Final

RETAINED_IMAGES: Final = 20
"""Older images than these are deleted, but for those that run."""
RUNNING: Final = "deployed-"
"""How tags begin that keep an image while a stack runs it."""
_NEVER: Final = 1000
"""Each stack has one image with such a tag, two while it deploys: so many are never there."""
_SHORT: Final = 12


def promoted(digest: str) -> str:
    """Name an image that was built elsewhere."""
    return f"promoted-{_short(digest)}"


def running(stack: str, digest: str) -> str:
    """Name an image as the one that a stack runs."""
    return f"{RUNNING}{stack}-{_short(digest)}"


def own(tags: Iterable[str], stack: str) -> list[str]:
    """List the tags that a stack gave to what it runs or ran."""
    return sorted(
        tag for tag in tags if re.fullmatch(rf"{RUNNING}{re.escape(stack)}-[0-9a-f]{{{_SHORT}}}", tag)
    )


def lifecycle_policy() -> dict[str, Any]:
    """Give the policy of a repository: what runs stays, of all else the newest.

    A rule spares what a rule of higher priority selects, whether that one expires it or not.
    https://docs.aws.amazon.com/AmazonECR/latest/userguide/LifecyclePolicies.html
    """
    spared = {"tagStatus": "tagged", "tagPatternList": [f"{RUNNING}*"]}
    return {
        "rules": [
            _rule(1, "Keep what a stack runs", spared, _NEVER),
            _rule(2, f"Keep the last {RETAINED_IMAGES} images", {"tagStatus": "any"}, RETAINED_IMAGES),
        ]
    }


def _rule(priority: int, description: str, selected: dict[str, Any], kept: int) -> dict[str, Any]:
    return {
        "rulePriority": priority,
        "description": description,
        "selection": {**selected, "countType": "imageCountMoreThan", "countNumber": kept},
        "action": {"type": "expire"},
    }


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:_SHORT]
