"""Task protection: which tasks deployments and scale-in spare.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from moto.ecs.exceptions import InvalidParameterException

from embedded_aws.account.ecs.model import now

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import JSON, Task
    from embedded_aws.account.ecs.service_model import Service

DEFAULT_MINUTES = 120
_MAX_MINUTES = 2880


def protection(task: Task) -> JSON:
    """Return a `ProtectedTask` of the API."""
    result: JSON = {"taskArn": task.arn, "protectionEnabled": task.protected}
    return result | ({"expirationDate": task.protected_until} if task.protected else {})


def protect(account: Account, tasks: list[Task], *, enabled: bool, minutes: int | None) -> JSON:
    """Protect tasks or stop protecting them; each that is refused is a failure with its reason.

    Raises:
        InvalidParameterException: an impossible time.
    """
    minutes = DEFAULT_MINUTES if minutes is None else minutes
    if not 1 <= minutes <= _MAX_MINUTES:
        raise InvalidParameterException("expiresInMinutes must be between 1 and 2880.")
    with account.changed:
        protected: list[JSON] = []
        failures: list[JSON] = []
        for task in tasks:
            if reason := _refusal(task, enabled=enabled):
                failures.append({"arn": task.arn, "reason": reason})
                continue
            task.protected_until = now() + dt.timedelta(minutes=minutes) if enabled else None
            protected.append(protection(task))
        account.changed.notify_all()
        return {"protectedTasks": protected, "failures": failures}


def _refusal(task: Task, *, enabled: bool) -> str:
    """Say why a task cannot be protected: it is of no service, it stops, or its service may have no more.

    To protect again what is protected changes nothing in the service, and is granted: the pages do not say
    that it is refused, so nobody can learn from a refusal that a newer deployment takes a task's place.
    """
    if task.deployment is None or task.desired_status == "STOPPED":
        return "TASK_NOT_VALID"
    if enabled and not task.protected and _blocked(task.deployment.service):
        return "DEPLOYMENT_BLOCKED"
    return ""


def _blocked(service: Service) -> bool:
    """Whether one more protected task is refused; both pages' words, as each alone would be more lenient.

    "the service has more protected tasks than the desired count of tasks for the service" (developer guide),
    "one or more protected tasks are preventing the service deployment from reaching a steady state" (failure
    reasons): all that the newest deployment is to have runs, and what is left over is protected.
    """
    protected = [task for task in service.tasks if task.protected]
    primary = service.primary
    running = sum(task.status == "RUNNING" for task in primary.active)
    left_over = any(task.deployment is not primary for task in protected)
    return len(protected) >= service.desired_count or (left_over and running >= service.desired_count)
