# pyright: basic, reportMissingImports=false
# boto3 is in the image's environment, and carries no types.
"""What ECS says of this task's own deployment: whether the task is to go, or to stay beside older ones."""

import logging
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from airflow_ecs_image.task import TaskError, request

log = logging.getLogger(__name__)


class Standing(Enum):
    """How ECS's wishes and this task stand to each other."""

    UNKNOWN = "ECS reports nothing"
    STAYS = "it stays"
    STAYS_WITH_OLDER = "it stays, and tasks of older deployments still work"
    LEAVES = "it leaves: others run in its place"


def standing(deployments: Sequence[Mapping[str, Any]], own: str) -> Standing:
    """Check a service's deployments (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html).

    A task leaves only once the newer ones run: until then somebody must work, and they may be rolled back.
    """
    primary = next(one for one in deployments if one["status"] == "PRIMARY")
    if primary["id"] != own or primary["desiredCount"] == 0:
        return Standing.LEAVES if primary["runningCount"] >= primary["desiredCount"] else Standing.STAYS
    older = any(one["runningCount"] for one in deployments if one is not primary)
    return Standing.STAYS_WITH_OLDER if older else Standing.STAYS


class Deployment:
    """This task's deployment, asked for at the API of ECS with the task's own role."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._metadata = environ.get("ECS_CONTAINER_METADATA_URI_V4")
        self._logged = ""
        self._own: dict[str, str] = {}
        self._ecs: Any = None

    def standing(self) -> Standing:
        """Ask; `UNKNOWN` where there is no answer, which the log says once a reason."""
        try:
            return self._ask()
        except Exception as error:  # noqa: BLE001 - whatever boto3 finds: credentials, network, permissions
            message = f"{type(error).__name__}: {error}"
            if message != self._logged:
                log.warning("it is not known whether a newer deployment takes this task's place: %s", message)
            self._logged = message
            return Standing.UNKNOWN

    def _ask(self) -> Standing:
        own = self._identify()
        services = self._ecs.describe_services(cluster=own["cluster"], services=[own["service"]])["services"]
        return standing(services[0]["deployments"], own["deployment"])

    def _identify(self) -> dict[str, str]:
        """This task's cluster, service and deployment, which never change."""
        if self._own:
            return self._own
        if not self._metadata:
            raise TaskError("ECS_CONTAINER_METADATA_URI_V4 is not set")
        import boto3  # noqa: PLC0415 - for workers that have something to ask
        from botocore.config import Config  # noqa: PLC0415

        metadata = request("GET", f"{self._metadata}/task")
        cluster, arn = metadata["Cluster"], metadata["TaskARN"]
        patience = Config(connect_timeout=5, read_timeout=5, retries={"max_attempts": 1})
        # boto3 does not read AWS_REGION, and the task's own region is what is meant.
        self._ecs = boto3.client("ecs", region_name=arn.split(":")[3], config=patience)
        task = self._ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]
        kind, _, service = task["group"].partition(":")
        if kind != "service":
            raise TaskError(f"{arn} is of no service: its group is {task['group']}")
        self._own = {"cluster": cluster, "service": service, "deployment": task["startedBy"]}
        return self._own
