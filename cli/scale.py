"""Changes how many tasks a service has by its setting, so that a later `up` leaves it so."""

import json
from collections.abc import Callable
from typing import Any, Final

from cli.change import change
from cli.errors import UsageError
from cli.stack import Stack
from components.model.settings.errors import camel_case

GROUP: Final = "worker-"


def set_count(stack: Stack, service: str, count: int, *, wait_seconds: float) -> str:
    """Give a service another number of tasks; return what to do next, as `change` does.

    Args:
        stack: whose.
        service: as `status` names it.
        count: what is wanted; the settings' own rules say what a service may have.
        wait_seconds: how long to wait for another update that holds the stack.

    Raises:
        UsageError: the stack is asleep, or has no such service, or its number is no setting.
        SystemExit: as of `change`.
    """
    if stack.setting("asleep") == "true":
        raise UsageError(f"stack {stack.name} is asleep: run `airflow-ecs wake --stack {stack.name}` first")
    values = {_count_key(stack, service): str(count)}
    return change(stack, f"scaling of {service} of {stack.name}", values, wait_seconds=wait_seconds)


def _count_key(stack: Stack, service: str) -> str:
    """Name the setting with the number of a service's tasks."""
    names: dict[str, str] = stack.outputs["service_names"]
    if service not in names:
        raise UsageError(f"stack {stack.name} has no service {service}: it has {', '.join(sorted(names))}")
    host, *_ = sorted(one for one, name in names.items() if name == names[service])
    if service != host:
        raise UsageError(f"{service} of stack {stack.name} shares the task of {host}: scale that")
    key = _keys(stack, service)
    if stack.setting(key("scaled_externally")) == "true":
        raise UsageError(
            f"{service} of stack {stack.name} is scaled by others: {key('scaled_externally')} is true"
        )
    if stack.setting(key("maximum_count")) not in ("", "0"):
        raise UsageError(
            f"{service} of stack {stack.name} is scaled by AWS: change {key('minimum_count')} or "
            f"{key('maximum_count')}, and run `pulumi up --stack {stack.name}`"
        )
    return key("count")


def _keys(stack: Stack, service: str) -> Callable[[str], str]:
    """Give what names the settings of a service in the stack's file."""
    groups: list[dict[str, Any]] = json.loads(stack.setting("workerGroups") or "[]")
    for number, group in enumerate(groups):
        if service == f"{GROUP}{group['name']}":
            return lambda field: f"workerGroups[{number}].{camel_case(field)}"
    prefix = service.replace("-", "_")
    return lambda field: camel_case(f"{prefix}_{field}")
