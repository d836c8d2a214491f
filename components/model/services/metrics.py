"""The publisher of what only the metadata database knows: a container in the scheduler's task.

There, since the scheduler's task may read the database, which a worker may not.
"""

import json
from typing import Final

from .. import image_contract as image
from ..endpoints import Endpoints
from ..secrets import Secret
from ..settings.settings import Settings
from ..settings.worker_group import DEFAULT_QUEUE
from . import api_server, dag_processor, scaling, scheduler, triggerer, worker
from .service import DATABASE, Service

NAME: Final = "metrics"
HEARTBEATS: Final = "Heartbeats"
"""How many jobs of a service are alive, by the dimension `Job`."""
JOB: Final = "Job"
JOBS: Final = (scheduler.NAME, dag_processor.NAME, triggerer.NAME)
FAILED_TASKS: Final = "FailedTasks"
"""Airflow tasks that failed for good within `FAILED_SECONDS`."""
FAILED_SECONDS: Final = 900
OLDEST_QUEUED: Final = "OldestQueuedTask"
"""Seconds that the task has waited that has been queued for longest."""
STATE: Final = (HEARTBEATS, FAILED_TASKS, OLDEST_QUEUED)
STATE_PERIOD_SECONDS: Final = 60
STATE_METRICS: Final = len(JOBS) + 2
"""How many metrics CloudWatch charges for."""
STATE_VARIABLE: Final = "AIRFLOW_ECS_STATE_METRICS"
GROUPS_VARIABLE: Final = "AIRFLOW_ECS_SCALED_GROUPS"


def service(settings: Settings) -> Service:
    """Give the publisher, which is there where a worker group is scaled, or alarms or a dashboard watch."""
    groups = [group for group in settings.worker_groups if group.maximum_count]
    scaled = {
        worker.group_name(group.name): {
            "queues": list(group.queues),
            "concurrency": worker.concurrency(group),
        }
        for group in groups
    }
    return Service(
        name=NAME,
        command=image.METRICS_COMMAND,
        size=settings.scheduler,
        enabled=bool(groups) or settings.alarms.watch,
        count=settings.scheduler.count,
        host=api_server.host(settings) or scheduler.NAME,
        memory_share=2,
        secrets=frozenset({Secret.DATABASE_URL}),
        environment={
            "AIRFLOW_ECS_DEFAULT_QUEUE": DEFAULT_QUEUE,
            GROUPS_VARIABLE: json.dumps(scaled, sort_keys=True),
            STATE_VARIABLE: str(settings.alarms.watch),
        },
        endpoint_variables=(_namespace,),
        statements=(scaling.publish,),
        calls=(DATABASE,),
    )


def _namespace(endpoints: Endpoints) -> dict[str, str]:
    return {"AIRFLOW_ECS_METRICS_NAMESPACE": scaling.namespace(endpoints.cluster_name)}
