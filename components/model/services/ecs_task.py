"""The ECS task that AwsEcsExecutor starts for each Airflow task."""

from typing import Final

from .. import image_contract as image
from ..settings.settings import Settings
from ..settings.task_settings import TaskSettings
from . import execution_api, scheduler, timeouts
from .service import Service

NAME: Final = "ecs-task"


def service(settings: Settings, *, maximum_count: int) -> Service:
    """Give the task, which has a worker's rights without those at the broker and at ECS.

    Args:
        settings: those of the cluster.
        maximum_count: how many of them can run at once.
    """
    size = settings.ecs_task
    return Service(
        name=NAME,
        # RunTask puts the workload in place of it; by itself it ends with a usage message.
        command=image.WORKLOAD_COMMAND,
        size=TaskSettings(cpu_units=size.cpu_units, memory_mib=size.memory_mib),
        ephemeral_storage_gib=size.further_storage_gib,
        architecture=size.architecture,
        count=maximum_count,
        one_off=True,
        started_by=scheduler.NAME,
        environment=timeouts.of_tasks(settings),
        calls=(execution_api.NAME,),
        runs_tasks=True,
    )
