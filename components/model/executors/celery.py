"""CeleryExecutor: tasks run on workers that take them from a broker."""

from typing import Final

from ..brokers.broker import BROKER, Broker
from ..services import flower, worker
from ..settings.settings import Executor as Name
from ..settings.settings import Settings
from .executor import Executor

DEFAULT_PARALLELISM: Final = 32
"""Airflow's own default, https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#parallelism"""


def executor(settings: Settings, broker: Broker) -> Executor | None:
    """Give CeleryExecutor with workers and, if it is asked for, Flower, if the settings ask for it."""
    if settings.executor is not Name.CELERY:
        return None
    size = settings.worker
    slots = worker.concurrency(settings, size) * size.count
    workers = worker.service(settings, broker, size=size)
    web = flower.service(settings, broker)
    return Executor(
        name=Name.CELERY.value,
        services=(workers, web) if web else (workers,),
        environment={"AIRFLOW__OPERATORS__DEFAULT_QUEUE": worker.QUEUE, **broker.environment},
        secrets=broker.secrets,
        calls=(BROKER,),
        statements=broker.statements,
        parallelism=settings.parallelism or max(DEFAULT_PARALLELISM, slots),
        broker=broker,
    )
