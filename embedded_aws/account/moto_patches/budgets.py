# pyright: basic
# moto has no types for its handlers.
"""AWS Budgets: tags and subscribers, which moto does not keep."""

from __future__ import annotations

from moto.budgets.responses import BudgetsResponse


def _no_resource_tags(_: object) -> str:
    return '{"ResourceTags": []}'


def _subscribers(_: object) -> str:
    return '{"Subscribers": [{"SubscriptionType": "EMAIL", "Address": "a@example.com"}]}'


def install() -> None:
    """Add the missing actions."""
    setattr(BudgetsResponse, "list_tags_for_resource", _no_resource_tags)  # noqa: B010 - untyped
    setattr(BudgetsResponse, "describe_subscribers_for_notification", _subscribers)  # noqa: B010 - untyped
