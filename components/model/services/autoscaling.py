"""The publisher of the metric that worker groups are scaled by: a container in the scheduler's task.

There, since the scheduler's task may read the database, which a worker may not.
"""

import json
from typing import Final

from .. import image_contract as image
from ..secrets import Secret
from ..settings.settings import Settings
from ..settings.worker_group import DEFAULT_QUEUE
from . import api_server, scaling, scheduler, worker
from .endpoints import Endpoints
from .service import DATABASE, Service

NAME: Final = "autoscaling"


def service(settings: Settings) -> Service:
    """Give the publisher, which is there where a worker group is scaled."""
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
        command=image.AUTOSCALING_COMMAND,
        size=settings.scheduler,
        enabled=bool(groups),
        count=settings.scheduler.count,
        host=api_server.host(settings) or scheduler.NAME,
        memory_share=2,
        secrets=frozenset({Secret.DATABASE_URL}),
        environment={
            "AIRFLOW_ECS_DEFAULT_QUEUE": DEFAULT_QUEUE,
            "AIRFLOW_ECS_SCALED_GROUPS": json.dumps(scaled, sort_keys=True),
        },
        endpoint_variables=(_namespace,),
        statements=(scaling.publish,),
        calls=(DATABASE,),
    )


def _namespace(endpoints: Endpoints) -> dict[str, str]:
    return {"AIRFLOW_ECS_METRICS_NAMESPACE": scaling.namespace(endpoints.cluster_name)}
