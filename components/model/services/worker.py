"""Celery's workers. Their default size is that of `Settings.worker`."""

from collections.abc import Sequence
from typing import Final

from ..brokers.broker import BROKER, Broker
from ..iam.task_protection import protect_itself
from ..settings.settings import Settings, WorkerSettings
from . import execution_api, sizing, timeouts
from .service import Service

NAME: Final = "worker"
QUEUE: Final = "default"
"""The queue of tasks that name none."""
FLAGS: Final = ("--skip-serve-logs", "--without-gossip", "--without-mingle")
"""No log server, since logs go to S3; no chatter between workers, which nobody reads."""
IDLE_MIB: Final = 512
"""Memory of a worker of 16 slots before it runs a task, as measured."""


def service(
    settings: Settings,
    broker: Broker,
    *,
    size: WorkerSettings,
    name: str = NAME,
    queues: Sequence[str] = (QUEUE,),
) -> Service:
    """Give workers of one size that take tasks from the same queues."""
    return Service(
        name=name,
        runs_as=NAME,
        command=("airflow", "celery", "worker", "--queues", ",".join(queues), *FLAGS),
        size=size,
        count=size.count,
        secrets=broker.secrets,
        environment={
            "AIRFLOW__CELERY__WORKER_CONCURRENCY": str(concurrency(size)),
            **timeouts.of_tasks(settings),
        },
        statements=(protect_itself, *broker.statements),
        calls=(execution_api.NAME, BROKER),
        queues=tuple(queues),
        keeps_tasks=True,
        runs_tasks=True,
    )


def concurrency(size: WorkerSettings) -> int:
    """Give how many tasks a worker of a size runs at once."""
    return size.concurrency or sizing.task_slots(size.cpu_units, size.memory_mib - IDLE_MIB)
