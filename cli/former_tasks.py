"""The tasks that still run with a former value of a secret, such as a scheduler that finishes its tasks."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cli.cluster import Cluster
from components.model.secrets import VARIABLES, Secret
from components.services import ecs_reports

VERSIONS: Final = "AIRFLOW_ECS_SECRET_VERSIONS"
"""The variable that has the versions of a container's secrets (`SecretReference.version_id`)."""


def find(cluster: Cluster, secret: Secret) -> list[str]:
    """Describe the running tasks that have another version of a secret than the services' current tasks.

    ECS reads a secret as a task starts: a task keeps the value that it started with.
    """
    known: dict[str, set[str]] = {}

    def versions(arn: str) -> set[str]:
        if arn not in known:
            definition = cluster.client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
            known[arn] = _versions(definition["containerDefinitions"], secret)
        return known[arn]

    current: set[str] = set()
    for service in cluster.services():
        current |= versions(service["taskDefinition"])
    return [
        f"{one['group'].removeprefix('service:')}/{ecs_reports.task_id(one['taskArn'])}"
        for one in cluster.tasks("RUNNING")
        if versions(one["taskDefinitionArn"]) - current
    ]


def line(tasks: Sequence[str]) -> str:
    """Write them in one line; nothing where there are none."""
    if not tasks:
        return ""
    listed = ", ".join(sorted(tasks))
    return f"tasks run with the former value, until their Airflow tasks have ended: {listed}"


def _versions(containers: Sequence[Mapping[str, Any]], secret: Secret) -> set[str]:
    """Read which versions of a secret containers have; the empty one stands for one that is not known."""
    found: set[str] = set()
    for container in containers:
        if not {one["name"] for one in container.get("secrets", [])} & {*VARIABLES[secret]}:
            continue
        environment = {one["name"]: one["value"] for one in container.get("environment", [])}
        pairs = dict(word.partition("=")[::2] for word in environment.get(VERSIONS, "").split())
        found.add(pairs.get(secret, ""))
    return found
