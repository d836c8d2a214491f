"""AwsEcsExecutor of the amazon provider: each task is an ECS task of its own.

https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/executors/ecs-executor.html
"""

import json
from collections.abc import Mapping

from .. import image_contract as image
from ..aws import fargate
from ..aws.started_task import StartedTask
from ..brokers.broker import Broker
from ..endpoints import Endpoints
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import SERVICE_TAG, Document
from ..services import ecs_task, timeouts
from ..settings.executors import Executor
from ..settings.settings import Settings
from .executor import DEFAULT_PARALLELISM, AirflowExecutor


def executor(settings: Settings, _broker: Broker) -> AirflowExecutor:
    """Give AwsEcsExecutor with the task that it starts."""
    at_once = (settings.parallelism or DEFAULT_PARALLELISM) * settings.scheduler.count
    return AirflowExecutor(
        kind=Executor.ECS,
        name=image.ECS_EXECUTOR,
        services=(ecs_task.service(settings, maximum_count=at_once),),
        scheduler_environment={
            "AIRFLOW_ECS_SPOT_PERCENT": str(settings.ecs_task.spot_percent),
            "AIRFLOW__AWS_ECS_EXECUTOR__CHECK_HEALTH_ON_STARTUP": "False",
            "AIRFLOW__AWS_ECS_EXECUTOR__CONTAINER_NAME": ecs_task.NAME,
            "AIRFLOW__AWS_ECS_EXECUTOR__PLATFORM_VERSION": "LATEST",
            **timeouts.of_ecs(),
        },
        scheduler_variables=(_endpoint_variables,),
        statements=(_start,),
        parallelism=settings.parallelism,
    )


def _endpoint_variables(endpoints: Endpoints) -> Mapping[str, str]:
    task = endpoints.started.get(ecs_task.NAME, StartedTask())
    further = {
        # The executor chooses for each task; with none here the provider would ask ECS.
        "capacity_provider_strategy": [{"capacityProvider": fargate.ON_DEMAND}],
        "enableECSManagedTags": True,
        "tags": [{"key": SERVICE_TAG, "value": ecs_task.NAME}],
    }
    return {
        "AIRFLOW__AWS_ECS_EXECUTOR__ASSIGN_PUBLIC_IP": str(task.assign_public_ip),
        "AIRFLOW__AWS_ECS_EXECUTOR__CLUSTER": endpoints.cluster_name,
        "AIRFLOW__AWS_ECS_EXECUTOR__REGION_NAME": endpoints.region,
        "AIRFLOW__AWS_ECS_EXECUTOR__RUN_TASK_KWARGS": json.dumps(further, sort_keys=True),
        "AIRFLOW__AWS_ECS_EXECUTOR__SECURITY_GROUPS": ",".join(task.security_group_ids),
        "AIRFLOW__AWS_ECS_EXECUTOR__SUBNETS": ",".join(task.subnet_ids),
        "AIRFLOW__AWS_ECS_EXECUTOR__TASK_DEFINITION": task.task_definition_arn,
    }


def _start(grants: Grants) -> list[Document]:
    """Let the scheduler start tasks of this definition in this cluster, and stop those."""
    task = grants.started.get(ecs_task.NAME, StartedTask())
    return iam_documents.start_and_stop_tasks(
        cluster_arn=grants.cluster_arn,
        service=ecs_task.NAME,
        task_definition_arn=task.task_definition_arn,
        role_arns=[task.execution_role_arn, task.task_role_arn],
    )
