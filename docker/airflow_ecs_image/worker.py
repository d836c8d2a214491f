# pyright: basic, reportMissingImports=false
# Celery is in the image's environment, not in the program's, and carries no types.
"""Loaded by Celery workers (`imports` in celery_config.py): protection, health checks' tick, remote control.

What is here runs in the worker's event loop and blocks nowhere; `Intake` asks ECS in a thread of its own.
The answer mostly comes before the process of a task that was just received has started Airflow.
"""

import os
import time
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.signals import celeryd_init, task_received
from celery.worker import state

from airflow_ecs_image import out_of_memory, remote_control
from airflow_ecs_image.deployment import Deployment
from airflow_ecs_image.health import TICK_FILE
from airflow_ecs_image.intake import Intake
from airflow_ecs_image.policy import max_task_duration
from airflow_ecs_image.protection import Protection

remote_control.restrict()
out_of_memory.spare_this_process()
TICK_SECONDS = 10.0
DEAF_SECONDS = 60.0
"""Several times as long as SQS keeps a request for messages open."""
intake = Intake(
    Protection(os.environ.get("ECS_AGENT_URI"), max_task_duration(os.environ)), Deployment().standing
)


def activity(prefetch_count: int, reserved: int, intake: Intake) -> str:
    """What the worker does; `free`: it asks the broker for messages (a prefetch count of 0 is no limit).

    Health checks read it, and `deaf`, where such a worker gets no answer.
    """
    if not intake.open():
        return "stuck" if intake.stuck() else "paused"
    return "free" if prefetch_count == 0 or reserved < prefetch_count else "busy"


def deaf(answered_at: float | None, free_since: float, now: float) -> bool:
    """Whether a worker with a free slot waits in vain for the broker to answer its requests for messages."""
    return now - max(answered_at or 0.0, free_since) > DEAF_SECONDS


def write_tick(path: Path, text: str) -> None:
    """Leave the event loop's sign of life for the health check, in one step."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


class Guard(bootsteps.StartStopStep):
    """Ticks while the consumer runs: celery starts it after each connection to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    _paused: tuple[Any, ...] = ()

    def start(self, parent: Any) -> None:
        """Tick now and every ten seconds."""
        self._free_since = time.monotonic()
        self.tick(parent)
        self._timer = parent.timer.call_repeatedly(TICK_SECONDS, self.tick, (parent,))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 - celery's signature
        """Stop ticking; the connection is lost or the worker ends."""
        self._timer.cancel()

    def tick(self, consumer: Any) -> None:
        """Let the intake have its turn, take tasks or not as it says, and write the tick."""
        reserved = len(state.reserved_requests)
        intake.tick(working=bool(reserved))
        self._follow(consumer)
        doing = activity(consumer.qos.value, reserved, intake)
        write_tick(TICK_FILE, "deaf" if doing == "free" and self._deaf(consumer) else doing)
        if doing != "free":
            self._free_since = time.monotonic()

    def _deaf(self, consumer: Any) -> bool:
        """Only a channel of SQS notes answers; the connections of the others break."""
        channel = consumer.task_consumer.channel
        now = time.monotonic()
        return hasattr(channel, "answered_at") and deaf(channel.answered_at, self._free_since, now)

    def _follow(self, consumer: Any) -> None:
        """Leave the queues, or come back to those that were left. What an operator cancelled stays so."""
        if intake.open():
            for queue in self._paused:
                consumer.app.amqp.queues.select_add(queue)  # for the next connection
                consumer.add_task_queue(queue.name)
            self._paused = ()
        elif not self._paused:
            self._paused = tuple(consumer.task_consumer.queues)
            for queue in self._paused:
                consumer.cancel_task_queue(queue.name)


@celeryd_init.connect
def add_guard(instance: Any, **_: Any) -> None:
    """Add the guard to this worker's consumer, before that is built."""
    instance.app.steps["consumer"].add(Guard)


@task_received.connect
def protect(**_: Any) -> None:
    """Take the protection as the pool gets the task."""
    intake.received()
