"""ECS container definitions as plain dictionaries, in the form in which AWS gives them back.

Sorted, with no nulls: any other form shows as a change in every preview.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from .. import image_contract as image
from ..secrets import VARIABLES
from .service import Service

STOP_TIMEOUT_SECONDS: Final = 120
"""The most that Fargate gives a container between SIGTERM and SIGKILL."""
HEALTH_INTERVAL_SECONDS: Final = 30
HEALTH_TIMEOUT_SECONDS: Final = 20
HEALTH_RETRIES: Final = 3
MAX_START_PERIOD_SECONDS: Final = 300


def definition(
    service: Service,
    *,
    image_uri: str,
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
    memory_mib: int,
    alone: bool = True,
) -> dict[str, Any]:
    """Describe the container of a service.

    Args:
        service: what runs.
        image_uri: the image, by digest.
        environment: variables in plaintext; nothing secret.
        secrets: ARN of the secret by variable.
        log_group: name of the CloudWatch log group for its output.
        region: the log group's region.
        memory_mib: the container's limit; those of a task add up to the task's memory at most.
        alone: whether it is the task's only one.
    """
    return {
        "command": list(service.command),
        "environment": _pairs({**environment, **_masked(secrets)}, "value"),
        "essential": True,
        "image": image_uri,
        # The image has its own init process: ECS's would keep the secrets in its environment.
        "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": service.name,
            },
        },
        "memory": memory_mib,
        "mountPoints": [
            {"containerPath": folder, "readOnly": False, "sourceVolume": volume}
            for folder, volume in volumes(service, alone=alone).items()
        ],
        "name": service.name,
        "portMappings": _ports(service),
        "readonlyRootFilesystem": True,
        "secrets": _pairs(secrets, "valueFrom"),
        "stopTimeout": STOP_TIMEOUT_SECONDS,
        "user": f"{image.UID}:0",
    }


def with_health_check(container: Mapping[str, Any], service: Service) -> dict[str, Any]:
    """Add the health check of a long-running service."""
    return {
        **container,
        "healthCheck": {
            "command": list(service.health_check),
            "interval": HEALTH_INTERVAL_SECONDS,
            "retries": HEALTH_RETRIES,
            "startPeriod": min(service.start_seconds, MAX_START_PERIOD_SECONDS),
            "timeout": HEALTH_TIMEOUT_SECONDS,
        },
    }


def volumes(service: Service, *, alone: bool) -> dict[str, str]:
    """Name the task's volume behind each writable folder; containers that share a task share no volume."""
    folders = (*image.WRITABLE_FOLDERS, *service.volumes)
    owner = "" if alone else f"{service.name}-"
    return {folder: owner + folder.strip("/").replace("/", "-") for folder in folders}


def _masked(secrets: Mapping[str, str]) -> dict[str, str]:
    """Name to the image the variables of the stack's own that hold secrets, so that logs mask them."""
    ours = {variable for variables in VARIABLES.values() for variable in variables}
    names = " ".join(sorted(secrets.keys() - ours))
    return {"AIRFLOW_ECS_MASKED": names} if names else {}


def _pairs(values: Mapping[str, str], field: str) -> list[dict[str, str]]:
    return [{"name": name, field: values[name]} for name in sorted(values)]


def _ports(service: Service) -> Sequence[dict[str, Any]]:
    if service.port is None:
        return []
    return [{"containerPort": service.port, "hostPort": service.port, "protocol": "tcp"}]
