"""What a preview or an update did, resource by resource."""

from collections.abc import Callable
from typing import Any

from pulumi import automation as auto

UNCHANGED = {"same", "read", "refresh"}


def _collector(found: set[tuple[str, str, str]]) -> Callable[[Any], None]:
    def collect(event: Any) -> None:
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if step.op.value not in UNCHANGED:
                found.add((step.op.value, step.type, step.urn.rsplit("::", 1)[-1]))

    return collect


def preview(stack: auto.Stack) -> set[tuple[str, str, str]]:
    """List what an update would do: (operation, type, name)."""
    found: set[tuple[str, str, str]] = set()
    stack.preview(on_event=_collector(found))
    return found


def named(changes: set[tuple[str, str, str]]) -> set[tuple[str, str]]:
    """Give (type, name) of the resources that change; components, providers and the stack left out."""
    aside = ("airflow-ecs:", "pulumi:providers:", "pulumi:pulumi:")
    return {(kind, name) for _, kind, name in changes if not kind.startswith(aside)}
