"""LocalExecutor: tasks are processes of the scheduler's container."""

from ..brokers.broker import Broker
from ..settings.settings import Executor as Name
from ..settings.settings import Settings
from .executor import Executor


def executor(settings: Settings, _broker: Broker) -> Executor | None:
    """Give LocalExecutor, if the settings ask for it."""
    if settings.executor is not Name.LOCAL:
        return None
    return Executor(name=Name.LOCAL.value, runs_in_scheduler=True, parallelism=settings.parallelism)
