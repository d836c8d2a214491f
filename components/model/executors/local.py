"""LocalExecutor: tasks are processes of the scheduler's container."""

from .. import image_contract as image
from ..brokers.broker import Broker
from ..iam.task_protection import protect_itself
from ..settings.executors import Executor
from ..settings.settings import Settings
from .executor import AirflowExecutor


def executor(settings: Settings, _broker: Broker) -> AirflowExecutor:
    """Give LocalExecutor."""
    return AirflowExecutor(
        kind=Executor.LOCAL,
        name=image.LOCAL_EXECUTOR,
        statements=(protect_itself,),
        runs_in_scheduler=True,
        parallelism=settings.parallelism,
    )
