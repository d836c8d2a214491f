# pyright: basic, reportMissingImports=false
# Celery is in the image's environment, not in the program's, and carries no types.
"""How Celery's results are read, wherever they are kept: as plain data, without a subscription.

Workers run users' code, which can write anything there, and schedulers read it. So what is read is JSON, it
names no class, and it stops nobody: what cannot be read counts as no result.
Airflow asks for states in bulk (`BulkStateFetcher._get_many_from_kv_backend`) and waits for no result.
"""

import json
import logging
from typing import Any

from celery import states
from celery.backends.base import SyncBackendMixin
from celery.exceptions import TaskError

log = logging.getLogger(__name__)

MAX_MESSAGE_LENGTH = 1000
NO_RESULT = {"status": states.PENDING, "result": None}
"""What Celery itself says of a task that it knows no result of."""


class PlainResults(SyncBackendMixin):
    """For a backend of Celery's that keeps values by key."""

    def decode_result(self, payload: Any) -> dict[str, Any]:
        """Read a task's id, state and result; what somebody wrote beside them is left out."""
        try:
            found = json.loads(payload)
        except (ValueError, RecursionError) as error:
            return _unreadable(str(error))
        if not isinstance(found, dict):
            return _unreadable("it is no object")
        status, task_id = found.get("status"), found.get("task_id")
        if not isinstance(status, str) or status not in states.ALL_STATES or not isinstance(task_id, str):
            return _unreadable("it has no known status, or no task_id")
        return self.meta_from_decoded({"task_id": task_id, "status": status, "result": found.get("result")})

    def exception_to_python(self, exc: Any) -> TaskError | None:
        """Give a failure as text in an exception of one class, whatever class it names (CVE-2021-23727)."""
        if exc is None or isinstance(exc, TaskError):
            return exc
        return TaskError(str(exc)[:MAX_MESSAGE_LENGTH])


def _unreadable(reason: str) -> dict[str, Any]:
    log.warning("a result of a task is not one of Celery's in JSON, and counts as none: %s", reason)
    return {**NO_RESULT, "task_id": None}
