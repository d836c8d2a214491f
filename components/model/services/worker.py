"""Celery's workers: a service for each worker group, or one with the size of `Settings.worker`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ..brokers.broker import BROKER, Broker
from ..iam.task_protection import protect_itself
from ..settings.settings import Settings, WorkerGroup, WorkerSettings
from ..settings.worker_group import DEFAULT_QUEUE
from . import execution_api, sizing, timeouts
from .scaling import Scaling
from .service import Service

NAME: Final = "worker"
CONCURRENCY: Final = "AIRFLOW__CELERY__WORKER_CONCURRENCY"
FLAGS: Final = ("--skip-serve-logs", "--without-gossip", "--without-mingle")
"""No log server, since logs go to S3; no chatter between workers, which nobody reads."""
IDLE_MIB: Final = 512
"""Memory of a worker of 16 slots before it runs a task, as measured."""


def services(settings: Settings, broker: Broker) -> list[Service]:
    """Give a service for each worker group; without groups the one of the worker settings."""
    if not settings.worker_groups:
        return [service(settings, broker, size=settings.worker)]
    return [_group(settings, broker, group) for group in settings.worker_groups]


def group_name(group: str) -> str:
    """Name the service of a worker group."""
    return f"{NAME}-{group}"


def service(
    settings: Settings,
    broker: Broker,
    *,
    size: WorkerSettings | WorkerGroup,
    name: str = NAME,
    queues: Sequence[str] = (DEFAULT_QUEUE,),
) -> Service:
    """Give workers of one size that take tasks from the same queues."""
    access = broker.of_workers(queues)
    return Service(
        name=name,
        runs_as=NAME,
        command=("airflow", "celery", "worker", "--queues", ",".join(queues), *FLAGS),
        size=size,
        count=size.count,
        secrets=broker.secrets,
        environment={
            CONCURRENCY: str(concurrency(size)),
            **timeouts.of_tasks(settings),
        },
        endpoint_variables=access.endpoint_variables,
        statements=(protect_itself, *access.statements),
        calls=(execution_api.NAME, BROKER),
        queues=tuple(queues),
        keeps_tasks=True,
        runs_tasks=True,
    )


def _group(settings: Settings, broker: Broker, group: WorkerGroup) -> Service:
    return replace(
        service(settings, broker, size=group, name=group_name(group.name), queues=group.queues),
        ephemeral_storage_gib=group.further_storage_gib,
        architecture=group.architecture,
        count=group.minimum_count if group.maximum_count else group.count,
        scaling=_scaling(group),
        extra_environment=group.environment,
        extra_statements=group.extra_statements,
    )


def _scaling(group: WorkerGroup) -> Scaling | None:
    if not group.maximum_count:
        return None
    return Scaling(minimum=group.minimum_count, maximum=group.maximum_count)


def concurrency(size: WorkerSettings | WorkerGroup) -> int:
    """Give how many tasks a worker of a size runs at once."""
    return size.concurrency or sizing.task_slots(size.cpu_units, size.memory_mib - IDLE_MIB)
