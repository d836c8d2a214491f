"""CeleryExecutor: tasks run on workers that take them from a broker."""

from .. import image_contract as image
from ..brokers.broker import BROKER, Broker
from ..services import flower, timeouts, worker
from ..settings.executors import Executor
from ..settings.settings import Settings
from ..settings.worker_group import DEFAULT_QUEUE
from .executor import DEFAULT_PARALLELISM, AirflowExecutor


def executor(settings: Settings, broker: Broker) -> AirflowExecutor:
    """Give CeleryExecutor with workers and Flower."""
    workers = worker.services(settings, broker)
    slots = sum(one.maximum_count * int(one.environment[worker.CONCURRENCY]) for one in workers)
    parallelism = settings.parallelism or max(DEFAULT_PARALLELISM, slots)
    return AirflowExecutor(
        kind=Executor.CELERY,
        name=image.CELERY_EXECUTOR,
        services=(*workers, flower.service(settings, broker)),
        environment={"AIRFLOW__OPERATORS__DEFAULT_QUEUE": DEFAULT_QUEUE, **broker.environment},
        scheduler_environment=timeouts.of_broker(settings, broker, parallelism=parallelism),
        scheduler_variables=broker.of_schedulers.endpoint_variables,
        secrets=broker.secrets,
        calls=(BROKER,),
        statements=broker.of_schedulers.statements,
        parallelism=parallelism,
        broker=broker,
    )
