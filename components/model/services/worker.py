"""Celery's workers."""

from collections.abc import Sequence
from typing import Final

from ..brokers.broker import BROKER, Broker
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..settings.settings import RoleSettings, Settings
from . import execution_api, sizing
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
    size: RoleSettings,
    name: str = NAME,
    queues: Sequence[str] = (QUEUE,),
) -> Service:
    """Give workers of one size that take tasks from the same queues."""
    return Service(
        name=name,
        command=("airflow", "celery", "worker", "--queues", ",".join(queues), *FLAGS),
        size=size,
        count=0 if settings.asleep else size.count,
        secrets=broker.secrets,
        environment={"AIRFLOW__CELERY__WORKER_CONCURRENCY": str(concurrency(settings, size))},
        statements=(_protect_itself, *broker.statements),
        calls=(execution_api.NAME, BROKER),
        queues=tuple(queues),
        keeps_tasks=True,
        runs_tasks=True,
        # Old workers that protect themselves count too: with 200 a second deployment would find no room.
        # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
        deployment_maximum_percent=400,
    )


def concurrency(settings: Settings, size: RoleSettings) -> int:
    """Give how many tasks a worker of a size runs at once."""
    return settings.worker_concurrency or sizing.task_slots(size.cpu_units, size.memory_mib - IDLE_MIB)


def _protect_itself(grants: Grants) -> list[Document]:
    return iam_documents.task_protection(grants.cluster_arn)
