# pyright: basic, reportMissingImports=false
# Celery is in the image's environment, not in the program's, and carries no types.
"""Loaded by Celery workers (`[celery] extra_celery_config`): task protection, the tick for health checks.

All of it runs in the worker's event loop, so receiving a task and releasing the protection cannot overlap.
"""

import logging
import os
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.signals import celeryd_init, task_received
from celery.worker import state

from airflow_ecs_image.health import TICK_FILE
from airflow_ecs_image.policy import max_task_duration
from airflow_ecs_image.protection import Protection

log = logging.getLogger(__name__)

TICK_SECONDS = 10.0
protection = Protection(os.environ.get("ECS_AGENT_URI"), max_task_duration(os.environ))


draining = False


def activity(prefetch_count: int, reserved: int, *, draining: bool) -> str:
    """What the worker does; `free`: it asks the broker for messages (a prefetch count of 0 is no limit)."""
    if draining:
        return "draining"
    return "free" if prefetch_count == 0 or reserved < prefetch_count else "busy"


def write_tick(path: Path, text: str) -> None:
    """Leave the event loop's sign of life for the health check, in one step."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


class Guard(bootsteps.StartStopStep):
    """Ticks while the consumer runs: celery starts it after each connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Any) -> None:
        """Tick now and every ten seconds."""
        self.tick(parent)
        self._timer = parent.timer.call_repeatedly(TICK_SECONDS, self.tick, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - celery's signature
        """Stop ticking; the connection is lost or the worker ends."""
        self._timer.cancel()

    def tick(self, consumer: Any) -> None:
        """Write the tick; without work, release the protection."""
        reserved = len(state.reserved_requests)
        write_tick(TICK_FILE, activity(consumer.qos.value, reserved, draining=draining))
        if not reserved:
            protection.release()


@celeryd_init.connect
def add_guard(instance: Any, **_: Any) -> None:
    """Add the guard to this worker's consumer, before that is built."""
    instance.app.steps["consumer"].add(Guard)


@task_received.connect
def protect(sender: Any, **_: Any) -> None:
    """Take the protection before the pool gets the task; where a deployment waits, take no more tasks."""
    global draining  # noqa: PLW0603 - one worker a process; celery's signals carry no state
    if not protection.take():
        draining = True
        queues = [queue.name for queue in sender.task_consumer.queues]
        log.warning("a deployment waits for this worker: finishing its tasks, taking no more from %s", queues)
        for queue in queues:
            sender.call_soon(sender.cancel_task_queue, queue)
