# pyright: basic, reportMissingImports=false
# Celery is in the image's environment, not in the program's, and carries no types.
"""Celery's results in the broker's Redis; while that is away, there are none."""

import logging
from collections.abc import Sequence
from typing import Any

from celery.backends.redis import RedisBackend

from airflow_ecs_image.plain_results import PlainResults

log = logging.getLogger(__name__)


class ResultBackend(PlainResults, RedisBackend):
    """Celery's Redis backend, polled.

    The sender of a task would subscribe to a channel for it, and never leave it where nobody asks for the
    result: https://github.com/celery/celery/issues/6963
    """

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing."""

    def get(self, key: Any) -> bytes | None:
        """Read one result."""
        return self.mget([key])[0]

    def mget(self, keys: Sequence[Any]) -> list[bytes | None]:
        """Read results; none while the broker is away, which would else end the scheduler's loop."""
        try:
            return super().mget(keys)
        except self.connection_errors as error:
            log.warning("no results of tasks for now: the broker does not answer: %s", error)
            return [None] * len(keys)
