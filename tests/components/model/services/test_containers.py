"""Container definitions in the form that AWS gives back: any other shows as a change in every preview."""

import json
import random
from typing import Any

import pytest

from components.model import image_contract as image
from components.model.services import containers, migration
from components.model.services.service import Service
from tests.components.model.samples import FLOWER, LOCAL, members

ENVIRONMENT = {"B": "2", "A": "1", "C": "3"}
SECRETS = {"Y": "arn:y", "X": "arn:x"}
MEMBERS = members(FLOWER)
GOLDEN = {
    "command": ["airflow", "api-server", "--apps", "core", "--proxy-headers", "--worker-timeout", "120"],
    "environment": [
        {"name": "A", "value": "1"},
        {"name": "AIRFLOW_ECS_MASKED", "value": "X Y"},
        {"name": "B", "value": "2"},
        {"name": "C", "value": "3"},
    ],
    "essential": True,
    "healthCheck": {
        "command": ["CMD", "/opt/airflow/bin/healthcheck", "api-server"],
        "interval": 30,
        "retries": 3,
        "startPeriod": 180,
        "timeout": 20,
    },
    "image": "repo@sha256:00",
    "linuxParameters": {"capabilities": {"drop": ["ALL"]}},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": "the-group",
            "awslogs-region": "eu-west-1",
            "awslogs-stream-prefix": "api-server",
        },
    },
    "memory": 2048,
    "mountPoints": [
        {"containerPath": "/opt/airflow/logs", "readOnly": False, "sourceVolume": "opt-airflow-logs"},
        {"containerPath": "/opt/airflow/run", "readOnly": False, "sourceVolume": "opt-airflow-run"},
        {"containerPath": "/tmp", "readOnly": False, "sourceVolume": "tmp"},  # noqa: S108, in the container
    ],
    "name": "api-server",
    "portMappings": [{"containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}],
    "readonlyRootFilesystem": True,
    "secrets": [{"name": "X", "valueFrom": "arn:x"}, {"name": "Y", "valueFrom": "arn:y"}],
    "stopTimeout": 120,
    "user": "50000:0",
}


def _definition(
    service: Service,
    environment: dict[str, str] = ENVIRONMENT,
    secrets: dict[str, str] = SECRETS,
    *,
    alone: bool = True,
) -> dict[str, Any]:
    container = containers.definition(
        service,
        image_uri="repo@sha256:00",
        environment=environment,
        secrets=secrets,
        log_group="the-group",
        region="eu-west-1",
        memory_mib=2048,
        alone=alone,
    )
    return containers.with_health_check(container, service)


def _shuffled(values: dict[str, str], seed: int) -> dict[str, str]:
    items = list(values.items())
    random.Random(seed).shuffle(items)  # noqa: S311, an order, not a key
    return dict(items)


def _values(tree: Any) -> list[Any]:
    """Every value in a JSON tree."""
    below = list(tree.values()) if isinstance(tree, dict) else tree if isinstance(tree, list) else []  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    return [tree, *(value for branch in below for value in _values(branch))]  # pyright: ignore[reportUnknownVariableType]


def test_a_definition_in_full() -> None:
    """Read-only root, no root user, no capability, an explicit command: all of it on purpose."""
    assert _definition(MEMBERS[0]) == GOLDEN


def test_only_a_stacks_own_secrets_are_named_to_be_masked() -> None:
    """The image knows the program's, and takes those out of the environment."""
    container = _definition(MEMBERS[0], secrets={"AIRFLOW__CORE__FERNET_KEY": "arn:f"})
    assert [one["name"] for one in container["environment"]] == ["A", "B", "C"]


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_does_not_matter(seed: int) -> None:
    """Shuffled input gives the same bytes."""
    usual = json.dumps(_definition(MEMBERS[0]), sort_keys=True)
    shuffled = _definition(MEMBERS[0], _shuffled(ENVIRONMENT, seed), _shuffled(SECRETS, seed))
    assert json.dumps(shuffled, sort_keys=True) == usual


@pytest.mark.parametrize("service", MEMBERS, ids=lambda service: service.name)
def test_a_definition_holds_no_null_and_what_fargate_takes(service: Service) -> None:
    """Nulls come back as absent; Fargate stops a container after 120 s and waits 300 s for its start."""
    container = _definition(service)
    assert None not in _values(container)
    assert container["stopTimeout"] <= 120
    assert container["healthCheck"]["startPeriod"] <= 300
    assert container["healthCheck"]["timeout"] < container["healthCheck"]["interval"]
    assert container["command"] == list(service.command)
    assert bool(container["portMappings"]) is (service.port is not None)


def test_health_is_a_service_s_matter() -> None:
    """A one-off task ends by itself; nobody watches its health."""
    one_off = containers.definition(
        migration.service(LOCAL),
        image_uri="i",
        environment={},
        secrets={},
        log_group="g",
        region="r",
        memory_mib=1,
    )
    assert "healthCheck" not in one_off


def test_every_writable_folder_has_a_volume_name_that_ecs_takes() -> None:
    """Letters, digits and hyphens, and no two alike, also where services share a task."""
    shared = [containers.volumes(service, alone=False) for service in MEMBERS]
    for volumes in (containers.volumes(MEMBERS[0], alone=True), *shared):
        assert list(volumes) == sorted(image.WRITABLE_FOLDERS)
        assert all(name.replace("-", "").isalnum() for name in volumes.values())
    names = [name for volumes in shared for name in volumes.values()]
    assert len(set(names)) == len(names) == 3 * len(MEMBERS)


def test_containers_that_share_a_task_share_no_folder() -> None:
    """Two that write to one mix up their files."""
    scheduler = next(service for service in MEMBERS if service.name == "scheduler")
    container = _definition(scheduler, alone=False)
    assert [point["sourceVolume"] for point in container["mountPoints"]] == [
        "scheduler-opt-airflow-logs",
        "scheduler-opt-airflow-run",
        "scheduler-tmp",
    ]
