"""`TaskDefinition` under mocks: what ECS gets, its two roles and their permissions, service by service."""

import json
from dataclasses import replace
from typing import Any

import pytest

from components.model.secrets import VARIABLES, Secret
from components.model.services.service import Service
from components.services.task_definition import TaskDefinition
from tests.components.tasks import SERVICES, STATEMENTS, task_args
from tests.helpers.pulumi_mocks import Recording, record


def _task(*services: Service, health_check: bool = True, permitted: bool = True) -> Recording:
    return record(
        lambda: TaskDefinition("t", task_args(*services, health_check=health_check, permitted=permitted))
    )


def _containers(recording: Recording) -> dict[str, dict[str, Any]]:
    definitions = json.loads(
        recording.one("ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"]
    )
    return {one["name"]: one for one in definitions}


def _container(recording: Recording) -> dict[str, Any]:
    (container,) = _containers(recording).values()
    return container


def test_the_task_definition_is_fargates() -> None:
    """Size as text, processor in AWS's spelling, a volume for each writable folder."""
    inputs = _task(SERVICES["scheduler"]).one("ecs/taskDefinition:TaskDefinition").inputs
    assert {key: value for key, value in inputs.items() if key != "containerDefinitions"} == {
        "cpu": "512",
        "executionRoleArn": "arn:aws:iam:eu-west-1:123456789012:Role/t-execution",
        "family": "t",
        "memory": "1024",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
        "skipDestroy": True,
        "taskRoleArn": "arn:aws:iam:eu-west-1:123456789012:Role/t-task",
        "volumes": [{"name": "opt-airflow-logs"}, {"name": "opt-airflow-run"}, {"name": "tmp"}],
    }


def test_the_definition_is_written_in_one_order() -> None:
    """Keys sorted, so that the text is the same at every `up`."""
    text = _task(SERVICES["worker"]).one("ecs/taskDefinition:TaskDefinition").inputs["containerDefinitions"]
    assert text == json.dumps(json.loads(text), sort_keys=True)


@pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
def test_a_service_gets_its_secrets_by_reference_and_no_other(service: Service) -> None:
    """ECS reads the values when a task starts; the versions stand in the environment, to restart it."""
    recording = _task(service)
    container = _container(recording)
    expected = {name: f"arn:secret:{kind}" for kind in service.secrets for name in VARIABLES[kind]}
    assert {one["name"]: one["valueFrom"] for one in container["secrets"]} == expected
    environment = {one["name"]: one["value"] for one in container["environment"]}
    versions = " ".join(sorted(f"{kind}={kind}-v1" for kind in service.secrets))
    assert environment == {"A": "1", "B": "2", "AIRFLOW_ECS_SECRET_VERSIONS": versions}
    document = json.loads(recording.one("RolePolicy", "t-execution").inputs["policy"])
    readable = [
        resource
        for statement in document["Statement"]
        if statement["Action"] == ["secretsmanager:GetSecretValue"]
        for resource in statement["Resource"]
    ]
    assert readable == sorted(f"arn:secret:{kind}" for kind in service.secrets)


def test_a_secret_that_changes_by_itself_has_no_version_in_the_environment() -> None:
    """Its next value restarts nothing; ECS reads it all the same."""

    def build() -> TaskDefinition:
        args = task_args(SERVICES["migration"])
        rotated = replace(args.secrets[Secret.DATABASE_MASTER], version_id=None)
        return TaskDefinition("t", replace(args, secrets={**args.secrets, Secret.DATABASE_MASTER: rotated}))

    container = _container(record(build))
    environment = {one["name"]: one["value"] for one in container["environment"]}
    versions = "admin-password=admin-password-v1 database-url=database-url-v1"
    assert environment["AIRFLOW_ECS_SECRET_VERSIONS"] == versions
    assert "AIRFLOW_ECS_DATABASE_MASTER" in {one["name"] for one in container["secrets"]}


def test_airflow_and_ecs_have_a_role_each() -> None:
    """What a DAG may do is not what ECS may do, and both are for this account only."""
    recording = _task(SERVICES["worker"])
    assert recording.names("Role") == ["t-execution", "t-task"]
    for role in recording.all("Role"):
        (trust,) = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
        assert trust["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert json.loads(recording.one("RolePolicy", "t-task").inputs["policy"])["Statement"] == STATEMENTS


def test_a_service_without_permissions_has_no_policy() -> None:
    """AWS refuses an empty one."""
    assert _task(SERVICES["flower"], permitted=False).names("RolePolicy") == ["t-execution"]


def test_its_output_goes_to_a_log_group_that_forgets() -> None:
    """A group of its own, kept as long as asked."""
    recording = _task(SERVICES["scheduler"])
    assert recording.one("LogGroup").inputs["retentionInDays"] == 14
    options = _container(recording)["logConfiguration"]["options"]
    assert (options["awslogs-group"], options["awslogs-stream-prefix"]) == ("t", "scheduler")


@pytest.mark.parametrize("watched", [True, False])
def test_health_is_watched_where_asked(*, watched: bool) -> None:
    """Services are; what ends by itself is not."""
    assert ("healthCheck" in _container(_task(SERVICES["scheduler"], health_check=watched))) is watched


def test_services_that_share_a_task_keep_their_secrets_apart() -> None:
    """Each container gets its own by reference, and is watched; ECS may read what any of them needs."""
    names = ("api-server", "scheduler", "triggerer")
    containers = _containers(_task(*(SERVICES[name] for name in names)))
    assert [*containers] == sorted(names)
    for name, container in containers.items():
        expected = {variable for kind in SERVICES[name].secrets for variable in VARIABLES[kind]}
        assert {one["name"] for one in container["secrets"]} == expected
        assert container["healthCheck"]["command"] == [*SERVICES[name].health_check]
        assert container["logConfiguration"]["options"]["awslogs-stream-prefix"] == name
    assert containers["api-server"]["secrets"] != containers["triggerer"]["secrets"]


def test_services_that_share_a_task_have_its_memory_and_volumes_of_their_own() -> None:
    """A volume for each container's folders, and a part of the memory for each."""
    names = ("api-server", "scheduler")
    recording = _task(*(SERVICES[name] for name in names))
    inputs = recording.one("ecs/taskDefinition:TaskDefinition").inputs
    folders = ("opt-airflow-logs", "opt-airflow-run", "tmp")
    volumes = [f"{name}-{folder}" for name in names for folder in folders]
    assert (inputs["memory"], [one["name"] for one in inputs["volumes"]]) == ("1024", volumes)
    assert [one["memory"] for one in _containers(recording).values()] == [512, 512]
    assert len(recording.all("LogGroup")) == 1
