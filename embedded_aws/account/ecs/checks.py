# pyright: basic
# moto has no types for its backends.
"""What ECS refuses, with its error codes.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html#API_CreateService_Errors
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moto.ec2.exceptions import InvalidSecurityGroupNotFoundError, InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException
from moto.elbv2.models import elbv2_backends
from moto.servicediscovery.exceptions import ServiceNotFound
from moto.servicediscovery.models import servicediscovery_backends

from embedded_aws.account.ecs import capacity
from embedded_aws.account.elbv2.moto_state import in_use

if TYPE_CHECKING:
    from moto.ecs.models import EC2ContainerServiceBackend, TaskDefinition

    from embedded_aws.account.ecs.model import JSON

_GIB = 1024
_FARGATE_MEMORY_MIB = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(range(1 * _GIB, 4 * _GIB + 1, _GIB)),
    1024: tuple(range(2 * _GIB, 8 * _GIB + 1, _GIB)),
    2048: tuple(range(4 * _GIB, 16 * _GIB + 1, _GIB)),
    4096: tuple(range(8 * _GIB, 30 * _GIB + 1, _GIB)),
    8192: tuple(range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB)),
    16384: tuple(range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB)),
}
_MAX_STOP_TIMEOUT_SECONDS = 120
_MIN_STORAGE_GIB = 21
_MAX_STORAGE_GIB = 200
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")


class UnsupportedFeatureError(ECSException):
    """A feature of ECS that this account does not have."""

    code = "UnsupportedFeatureException"


def client_token(used: str | None, given: str | None, what: str) -> None:
    """Refuse a second creation of `what` under another token."""
    if used is None or used != given:
        raise InvalidParameterException(f"Creation of {what} was not idempotent.")


def definition(backend: EC2ContainerServiceBackend, reference: str | None) -> TaskDefinition:
    """Return an active task definition; a bare family means its newest active revision."""
    if not reference:
        raise InvalidParameterException("TaskDefinition can not be blank.")
    name = reference.split("/")[-1]
    revisions = backend.task_definitions.get(name.split(":")[0], {})
    if ":" not in name:
        active = [
            revision for revision, task_definition in revisions.items() if task_definition.status == "ACTIVE"
        ]
        if not active:
            raise EcsClientException("TaskDefinition not found.")
        return revisions[max(active)]
    revision = name.rsplit(":", 1)[1]
    registered = revisions.get(int(revision)) if revision.isdecimal() else None
    if registered is None:
        raise EcsClientException("TaskDefinition not found.")
    if registered.status != "ACTIVE":
        raise EcsClientException("TaskDefinition is inactive")
    return registered


def network(backend: EC2ContainerServiceBackend, configuration: JSON | None) -> JSON:
    """Return the awsvpcConfiguration with its defaults."""
    given = (configuration or {}).get("awsvpcConfiguration")
    if not given:
        raise InvalidParameterException(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    if not given.get("subnets"):
        raise InvalidParameterException("subnets can not be empty.")
    try:
        for subnet in given["subnets"]:
            ec2.get_subnet(subnet)
    except InvalidSubnetIdError as error:
        raise InvalidParameterException(
            f"Error retrieving subnet information for {given['subnets']}: {error.message} "
            "(ErrorCode: InvalidSubnetID.NotFound)"
        ) from error
    groups = given.get("securityGroups") or []
    for group in groups:
        try:
            security_group = ec2.get_security_group_from_id(group)
        except InvalidSecurityGroupNotFoundError:
            security_group = None
        if security_group is None:
            raise InvalidParameterException(
                f"Error retrieving security group information for {groups}: The security group '{group}' "
                "does not exist (ErrorCode: InvalidGroup.NotFound)"
            )
    return {
        "subnets": given["subnets"],
        "securityGroups": groups,
        "assignPublicIp": given.get("assignPublicIp", "DISABLED"),
    }


def launch(launch_type: str | None, strategy: list[JSON] | None) -> None:
    """Refuse what is not Fargate."""
    if launch_type and strategy:
        raise InvalidParameterException(
            "Specifying both a launch type and capacity provider strategy is not supported."
        )
    if launch_type not in (None, "FARGATE"):
        raise InvalidParameterException(
            f"This account runs tasks on FARGATE and FARGATE_SPOT only, not {launch_type}."
        )
    capacity.check(strategy or [])


def strategy_change(there: JSON, given: JSON) -> None:
    """Refuse another strategy without a new deployment.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html
    """
    wanted = [{"base": 0, "weight": 0} | item for item in given["capacityProviderStrategy"]]
    if there.get("capacityProviderStrategy") != wanted and not given.get("forceNewDeployment"):
        raise InvalidParameterException(
            "When switching from launch type to capacity provider strategy on an existing service, or making "
            "a change to a capacity provider strategy on a service that is already using one, you must force "
            "a new deployment."
        )


def load_balancers(backend: EC2ContainerServiceBackend, balancers: list[JSON], task: TaskDefinition) -> None:
    """Refuse a target group or container that is not there."""
    groups = elbv2_backends[backend.account_id][backend.region_name].target_groups
    containers = {container["name"]: container for container in task.container_definitions}
    for balancer in balancers:
        arn, name, port = (
            balancer.get("targetGroupArn"),
            balancer.get("containerName"),
            balancer.get("containerPort"),
        )
        if arn not in groups:
            raise InvalidParameterException(
                f"Unable to assume the service linked role: target group {arn} not found."
            )
        if not in_use(arn):
            raise InvalidParameterException(
                f"The target group with targetGroupArn {arn} does not have an associated load balancer."
            )
        if groups[arn].target_type != "ip":
            raise InvalidParameterException(
                f"The provided target group {arn} has target type {groups[arn].target_type}, which is "
                "incompatible with the awsvpc network mode specified in the task definition."
            )
        if name not in containers:
            raise InvalidParameterException(f"The container {name} does not exist in the task definition.")
        if port not in [mapping.get("containerPort") for mapping in containers[name]["portMappings"]]:
            raise InvalidParameterException(
                f"The container {name} did not have a container port {port} defined."
            )


def registries(backend: EC2ContainerServiceBackend, given: list[JSON]) -> None:
    """Refuse a Cloud Map service that is not there."""
    cloud_map = servicediscovery_backends[backend.account_id][backend.region_name]
    for registry in given:
        arn = registry.get("registryArn", "")
        try:
            cloud_map.get_service(arn.rsplit("/", 1)[-1])
        except ServiceNotFound as error:
            raise InvalidParameterException(f"Service registry {arn} does not exist.") from error


def deployment(given: JSON | None) -> JSON:
    """Return a deployment configuration with its defaults."""
    configuration = {
        "deploymentCircuitBreaker": {"enable": False, "rollback": False},
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **(given or {}),
    }
    if configuration["strategy"] != "ROLLING":
        raise UnsupportedFeatureError(
            f"this account deploys with the strategy ROLLING only; asked for {configuration['strategy']}"
        )
    if configuration["maximumPercent"] <= configuration["minimumHealthyPercent"] == 100:  # noqa: PLR2004 - percent
        raise InvalidParameterException(
            "The combination of minimumHealthyPercent and maximumPercent leaves no room for a deployment."
        )
    return configuration


def task_definition(given: JSON) -> None:
    """Refuse what Fargate refuses of a task definition."""
    _names(given)
    if "FARGATE" not in (given.get("requiresCompatibilities") or []):
        return
    size(given)
    ephemeral_storage(given)
    if given.get("networkMode", "awsvpc") != "awsvpc":
        raise EcsClientException("Fargate only supports network mode 'awsvpc'.")
    names: list[str] = []
    volumes = {volume["name"] for volume in given.get("volumes") or []}
    for container in given.get("containerDefinitions") or []:
        _container(container, volumes, with_role=bool(given.get("executionRoleArn")))
        names.append(container["name"])
    _shares(given)
    if len(set(names)) != len(names):
        raise EcsClientException("Container names must be unique within a task definition.")
    for container in given.get("containerDefinitions") or []:
        for dependency in container.get("dependsOn") or []:
            if dependency["containerName"] not in names:
                raise EcsClientException(
                    f"Container '{dependency['containerName']}' in dependsOn does not exist."
                )
    if not any(container.get("essential", True) for container in given.get("containerDefinitions") or []):
        raise EcsClientException("A task definition must have at least one essential container.")


def _names(given: JSON) -> None:
    """Refuse names that AWS does not take; the account makes folders of them.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html
    """
    named = [("Family", given.get("family"))]
    named += [("Container.name", item.get("name")) for item in given.get("containerDefinitions") or []]
    named += [("Volume.name", item.get("name")) for item in given.get("volumes") or []]
    for what, name in named:
        if not _NAME.fullmatch(str(name or "")):
            raise EcsClientException(f"{what} contains invalid characters.")


def size(given: JSON) -> None:
    """Refuse a CPU and a memory that Fargate does not have together."""
    cpu, memory = str(given.get("cpu", "")), str(given.get("memory", ""))
    if not cpu or not memory:
        raise EcsClientException(
            f"Fargate requires that '{'memory' if cpu else 'cpu'}' be defined at the task level."
        )
    legal = _FARGATE_MEMORY_MIB.get(int(cpu), ()) if cpu.isdecimal() else ()
    if not memory.isdecimal() or int(memory) not in legal:
        raise EcsClientException(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
        )


def _shares(given: JSON) -> None:
    """Refuse containers that together, or one of which, need more than the task has.

    The words: https://github.com/pulumi/pulumi-awsx/issues/188, https://github.com/aws/aws-cdk/issues/1553,
    and for the sum of memory a sentence of
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html
    """
    containers: list[JSON] = given.get("containerDefinitions") or []
    cpu, memory = int(given["cpu"]), int(given["memory"])
    for container in containers:
        for kind in ("memory", "memoryReservation"):
            if int(container.get(kind) or 0) > memory:
                name = container.get("name")
                raise EcsClientException(
                    f"The '{kind}' setting for container '{name}' is greater than for the task."
                )
    if sum(int(container.get("cpu") or 0) for container in containers) > cpu:
        raise EcsClientException(
            "The sum of all container 'cpu' values cannot be greater than the value of the task 'cpu'."
        )
    reserved = (container.get("memoryReservation") or container.get("memory") for container in containers)
    if sum(int(one or 0) for one in reserved) > memory:
        raise EcsClientException(
            "The total amount of memory reserved for all containers within a task must be lower than the "
            "task memory value."
        )


def ephemeral_storage(given: JSON) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EphemeralStorage.html."""
    storage = given.get("ephemeralStorage")
    if storage and not _MIN_STORAGE_GIB <= storage["sizeInGiB"] <= _MAX_STORAGE_GIB:
        raise EcsClientException(
            f"The minimum supported value of ephemeral storage is {_MIN_STORAGE_GIB} GiB and the maximum "
            f"supported value is {_MAX_STORAGE_GIB} GiB."
        )


def _container(container: JSON, volumes: set[str], *, with_role: bool) -> None:
    name = container.get("name")
    driver = (container.get("logConfiguration") or {}).get("logDriver")
    if driver and not with_role:
        raise EcsClientException(
            f"Fargate requires task definition to have execution role ARN to support log driver {driver}."
        )
    if container.get("secrets") and not with_role:
        raise EcsClientException(
            "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'."
        )
    if container.get("stopTimeout", 0) > _MAX_STOP_TIMEOUT_SECONDS:
        raise EcsClientException(
            f"The stopTimeout of container '{name}' exceeds the maximum of 120 seconds for Fargate."
        )
    for point in container.get("mountPoints") or []:
        if point.get("sourceVolume") not in volumes:
            raise EcsClientException(f"Unknown volume '{point.get('sourceVolume')}'.")
    keys = [pair["name"] for part in ("environment", "secrets") for pair in container.get(part) or []]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise EcsClientException(
            f"The secret name must be unique and not shared with any new or existing environment variables "
            f"set on the container, such as '{twice[0]}'."
        )
