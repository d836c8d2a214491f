"""How long a token that a cluster has issued is accepted."""

from datetime import timedelta
from typing import Final

from cli.cluster import Cluster
from cli.stack import Stack
from components.model.settings.settings import Settings

SECONDS: Final = {
    "AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME": 86400,
    "AIRFLOW__API_AUTH__JWT_CLI_EXPIRATION_TIME": 3600,
    "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": 600,
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": 600,
}
"""Airflow's settings of the lives of tokens, with its defaults; a queued task's token has that of the queue.

https://airflow.apache.org/docs/apache-airflow/stable/security/jwt_token_authentication.html
"""
LEEWAY: Final = ("AIRFLOW__API_AUTH__JWT_LEEWAY", 10)


def token_lifetime(stack: Stack, cluster: Cluster) -> timedelta:
    """Return how long any token is accepted after it was issued, as the deployed services are configured.

    With `singleTask` a former task issues tokens until its Airflow tasks have ended, which can take as long
    as a task may run.
    """
    ecs = cluster.client("ecs")
    containers = [
        container
        for service in cluster.services()
        for container in ecs.describe_task_definition(taskDefinition=service["taskDefinition"])[
            "taskDefinition"
        ]["containerDefinitions"]
    ]
    environments = [
        {one["name"]: one["value"] for one in container.get("environment", [])} for container in containers
    ]
    lives = [int(one.get(name, default)) for one in environments for name, default in SECONDS.items()]
    leeway = max(int(one.get(LEEWAY[0], LEEWAY[1])) for one in environments)
    hours = stack.setting("maxTaskDurationHours") or Settings().max_task_duration_hours
    draining = int(hours) * 3600 if stack.setting("singleTask") == "true" else 0
    return timedelta(seconds=max(lives) + leeway + draining)
