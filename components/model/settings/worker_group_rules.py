"""What must hold between worker groups and the cluster; names and paths begin in the cluster's settings."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final

from .errors import Errors, SettingError, at, name_of
from .setting import changed
from .worker_group import DEFAULT_QUEUE, WorkerGroup

FIELD: Final = "worker_groups"
MAX_GROUPS: Final = 50
"""Each is a source of the broker's security group, which AWS gives 60 rules.

https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
"""


def worker_groups(settings: Any) -> Errors:
    """Groups have different names, serve the default queue, and suit the image."""
    groups: Sequence[WorkerGroup] = settings.worker_groups
    if not groups:
        return
    if len(groups) > MAX_GROUPS:
        yield at(FIELD, f"must hold at most {MAX_GROUPS} groups; got {len(groups)}")
    yield from _names(groups)
    yield from _queues(groups)
    yield from _shared_queues(groups)
    for path in changed(settings, _replaced(settings)):
        yield SettingError(
            path, f"has no effect with {name_of(FIELD)}: each group has its own. Set it there, or remove it"
        )


def _replaced(settings: Any) -> list[str]:
    """List the services that groups replace, by their field."""
    return [field.name for field in dataclasses.fields(settings) if field.metadata.get("grouped")]


def _names(groups: Sequence[WorkerGroup]) -> Errors:
    first: dict[str, int] = {}
    for index, group in enumerate(groups):
        if group.name in first:
            other = name_of(f"{FIELD}.{first[group.name]}.name")
            message = f"must differ from {other}; got {group.name!r} twice. Rename one"
            yield SettingError((FIELD, index, "name"), message)
        first.setdefault(group.name, index)


def _queues(groups: Sequence[WorkerGroup]) -> Errors:
    """Tasks in a queue that nobody serves wait until they fail."""
    served = {queue for group in groups if group.most for queue in group.queues}
    for index, group in enumerate(groups):
        if missing := sorted({*group.queues} - served):
            yield SettingError(
                (FIELD, index, "count"),
                f"must be at least 1; got 0, and no other group serves {', '.join(missing)}. Raise it, or "
                "remove the group",
            )
    if not any(DEFAULT_QUEUE in group.queues for group in groups):
        listed = ", ".join(sorted(served)) or "none"
        yield at(
            FIELD,
            f"must serve the queue {DEFAULT_QUEUE}, where tasks wait that name none; got {listed}. Add it to "
            "the queues of a group",
        )


def _shared_queues(groups: Sequence[WorkerGroup]) -> Errors:
    """Tasks are counted by queue, not by who takes them."""
    for index, group in enumerate(groups):
        shared = {
            queue: other.name
            for other in groups
            for queue in group.queues
            if other is not group and queue in other.queues
        }
        if group.maximum_count and shared:
            queue, other = min(shared.items())
            yield SettingError(
                (FIELD, index, "queues"),
                f"must be of this group alone, which is scaled by the tasks in them; got {queue}, which the "
                f"group {other} serves too. Give one of them another queue, or remove "
                f"{name_of(f'{FIELD}.{index}.maximum_count')}",
            )
