"""Task protection: which tasks deployments and scale-in spare.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from local.aws.ecs.model import now

if TYPE_CHECKING:
    from local.aws.account import Account
    from local.aws.ecs.model import JSON, Task


def protection(task: Task) -> JSON:
    """Return a `ProtectedTask` of the API."""
    told: JSON = {"taskArn": task.arn, "protectionEnabled": task.protected}
    return told | ({"expirationDate": task.protected_until} if task.protected else {})


def protect(account: Account, tasks: list[Task], *, enabled: bool, minutes: int) -> JSON:
    """Protect tasks or stop protecting them; a task of no service, or one that is stopping, is a failure."""
    with account.changed:
        protected: list[JSON] = []
        failures: list[JSON] = []
        for task in tasks:
            if task.deployment is None or task.desired_status == "STOPPED":
                failures.append({"arn": task.arn, "reason": "TASK_NOT_VALID"})
                continue
            task.protected_until = now() + dt.timedelta(minutes=minutes) if enabled else None
            protected.append(protection(task))
        account.changed.notify_all()
        return {"protectedTasks": protected, "failures": failures}
