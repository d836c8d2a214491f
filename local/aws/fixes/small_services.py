# pyright: basic
# moto has no types for its handlers.
"""Tags of scaling targets and budgets, which moto does not keep."""

from __future__ import annotations

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.budgets.responses import BudgetsResponse


def _no_tags(_: object) -> str:
    return '{"Tags": {}}'


def _no_resource_tags(_: object) -> str:
    return '{"ResourceTags": []}'


def _subscribers(_: object) -> str:
    return '{"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}]}'


def install() -> None:
    """Add the missing actions."""
    for action in ("list_tags_for_resource", "tag_resource", "untag_resource"):
        setattr(ApplicationAutoScalingResponse, action, _no_tags)
    budgets = {
        "list_tags_for_resource": _no_resource_tags,
        "describe_subscribers_for_notification": _subscribers,
    }
    for action, answer in budgets.items():
        setattr(BudgetsResponse, action, answer)
