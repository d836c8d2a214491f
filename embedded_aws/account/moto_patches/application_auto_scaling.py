# pyright: basic
# moto has no types for its handlers.
"""Application Auto Scaling: tags of scaling targets, which moto does not keep."""

from __future__ import annotations

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def _no_tags(_: object) -> str:
    return '{"Tags": {}}'


def install() -> None:
    """Add the missing actions."""
    for action in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        setattr(ApplicationAutoScalingResponse, action, _no_tags)
