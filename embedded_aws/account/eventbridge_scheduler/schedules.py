# pyright: basic
# moto and boto3 have no types.
"""Fires the schedules that EventBridge Scheduler holds, whose targets are ECS tasks.

Failed starts are logged, not tried again; StartDate, EndDate and flexible windows are kept and not heeded.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, scheduler_backends

from embedded_aws.account import role_sessions
from embedded_aws.account.eventbridge_scheduler import expressions
from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from embedded_aws.account.account import Account

LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[0-9a-zA-Z_.-]{1,64}")
_TICK_SECONDS = 1.0
_RENAMED = {"TaskCount": "count", "TaskDefinitionArn": "taskDefinition"}


class Schedules:
    """Looks at all schedules every second."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._before = datetime.now(UTC)
        self._periodic = Periodic("schedules", self._look, _TICK_SECONDS)
        _refuse_wrong_expressions()

    def start(self) -> None:
        """Start the thread."""
        self._periodic.start()

    def end(self) -> None:
        """Fire nothing any more."""
        self._periodic.end()

    def _look(self) -> None:
        before, self._before = self._before, datetime.now(UTC)
        for region, schedule in _enabled():
            changed = datetime.fromtimestamp(schedule.last_modified_date, UTC)
            zone = schedule.schedule_expression_timezone
            due = expressions.parse(schedule.schedule_expression, zone, changed)
            if due(max(before, changed), self._before):
                self._fire(region, schedule)

    def _fire(self, region: str, schedule: Any) -> None:
        """Start the target with the schedule's own role, whose policies decide."""
        try:
            with role_sessions.client(self._account, "ecs", region, schedule.target["RoleArn"]) as ecs:
                answer = ecs.run_task(**run_task(schedule.name, schedule.target))
        except (ClientError, ValueError) as error:
            LOG.error("schedule %s did not start its target: %s", schedule.name, error)  # noqa: TRY400
        else:
            LOG.info("schedule %s started %s", schedule.name, [task["taskArn"] for task in answer["tasks"]])


def run_task(name: str, target: dict[str, Any]) -> dict[str, Any]:
    """Give the request of RunTask that a schedule's target stands for.

    Raises:
        ValueError: The target is no ECS cluster.
    """
    if ":cluster/" not in target["Arn"]:
        raise ValueError(f"this account starts ECS tasks only; got {target['Arn']}")
    request = {
        _RENAMED.get(key, _camel(key)): _camel_keys(value) for key, value in target["EcsParameters"].items()
    }
    overrides = {"overrides": json.loads(target["Input"])} if target.get("Input") else {}
    return {"cluster": target["Arn"], "startedBy": f"chronos-schedule/{name}", **request, **overrides}


def _enabled() -> Iterator[tuple[str, Any]]:
    regions: Any = scheduler_backends[DEFAULT_ACCOUNT_ID]
    for region, backend in list(regions.items()):
        for group in list(backend.schedule_groups.values()):
            for schedule in list(group.schedules.values()):
                # moto forgets the default when a schedule is updated.
                if schedule.state != "DISABLED":
                    yield region, schedule


def _refuse_wrong_expressions() -> None:
    """Let moto refuse what AWS refuses."""

    def checked(action: Callable[..., Any]) -> Callable[..., Any]:
        def check(self: Any, **given: Any) -> Any:
            expression, zone = given["schedule_expression"], given["schedule_expression_timezone"] or "UTC"
            try:
                expressions.parse(expression, zone, datetime.now(UTC))
            except (ValueError, KeyError) as error:
                raise ValidationException(f"Invalid Schedule Expression {expression}: {error}") from None
            _refuse_wrong_values(self, given)
            return action(self, **given)

        return check

    for name in ("create_schedule", "update_schedule"):
        setattr(EventBridgeSchedulerBackend, name, checked(getattr(EventBridgeSchedulerBackend, name)))


def _refuse_wrong_values(backend: Any, given: dict[str, Any]) -> None:
    """Refuse a wrong name, a flexible window without a length, and a group that does not exist.

    https://docs.aws.amazon.com/goto/WebAPI/scheduler-2021-06-30/CreateSchedule
    """
    if not _NAME.fullmatch(given["name"]):
        raise ValidationException(f"The name {given['name']} must match {_NAME.pattern}")
    window = given["flexible_time_window"]
    if window["Mode"] == "FLEXIBLE" and not window.get("MaximumWindowInMinutes"):
        raise ValidationException("MaximumWindowInMinutes must be specified for the mode FLEXIBLE")
    group = given["group_name"] or "default"
    if group not in backend.schedule_groups:
        raise JsonRESTError("ResourceNotFoundException", f"Schedule group {group} does not exist.")


def _camel(key: str) -> str:
    return key[0].lower() + key[1:]


def _camel_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {_camel(key): _camel_keys(inner) for key, inner in value.items()}
    return [_camel_keys(inner) for inner in value] if isinstance(value, list) else value
