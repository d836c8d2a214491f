# pyright: basic
# moto has no types for its backends.
"""What a container needs before it can start: image, environment, secrets and program.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from embedded_aws import docker_daemon, images, sandbox
from embedded_aws.account import ecr
from embedded_aws.account.ecs import execution_role
from embedded_aws.account.ecs.errors import StartError

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import Container, Task

_UNREADABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
    "failed: unable to retrieve secret from {store}: service call has been retried 1 time(s): {what}"
)


@dataclass(frozen=True)
class DaemonImage:
    """An image that a Docker daemon has.

    Attributes:
        client: commands for the daemon.
        reference: its name there.
        digest: as the registry knows it, or the daemon's own id of it.
        config: OCI image configuration.
    """

    client: docker_daemon.Client
    reference: str
    digest: str
    config: dict[str, Any]


Image = images.Image | DaemonImage


def pull(account: Account, task: Task, reference: str) -> Image:
    """Return an image of ECR or of the store, or of the daemon where one was chosen and has it.

    Raises:
        StartError: there is none, or the execution role may not pull it.
    """
    execution_role.check_pull(task, reference)
    client = docker_daemon.configured()
    if client is not None and client.has(reference):
        inspected = client.image(reference)
        digest = reference.partition("@")[2] or inspected["Id"]
        return DaemonImage(client, reference, digest, inspected["Config"])
    try:
        return ecr.image(account.blobs, reference) or images.resolve(reference)
    except images.ImageNotFoundError as error:
        text = str(error)
        raise StartError(text if "CannotPull" in text else f"CannotPullContainerError: {text}") from error


def environment(account: Account, task: Task, container: Container, image: Image) -> dict[str, str]:
    """Return the whole environment of a container.

    Raises:
        StartError: A secret cannot be read.
    """
    own = f"{account.endpoint}/_account"
    given: dict[str, str] = {
        "PATH": sandbox.DEFAULT_PATH,
        "HOME": "/",
        "HOSTNAME": task.hostname,
        **dict(pair.split("=", 1) for pair in image.config.get("Env") or []),
    }
    of_role = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{own}/credentials/{task.credentials_id}"}
    injected = {
        **(of_role if task.task_role_arn else {}),
        "AWS_DEFAULT_REGION": task.region,
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": task.region,
        "ECS_AGENT_URI": f"{own}/api/{container.agent_id}",
        "ECS_CONTAINER_METADATA_URI_V4": f"{own}/v4/{container.agent_id}",
    }
    named = {pair["name"]: pair.get("value", "") for pair in container.definition.get("environment") or []}
    secrets = {
        secret["name"]: _secret(task, secret["valueFrom"])
        for secret in container.definition.get("secrets") or []
    }
    return given | injected | named | secrets


def program(container: Container, image: Image) -> list[str]:
    """Return the container's command; an entry point of the definition replaces the image's command too.

    Raises:
        StartError: Nobody says what to run.
    """
    entry = container.definition.get("entryPoint")
    argv = [
        *((image.config.get("Entrypoint") or []) if entry is None else entry),
        *(container.definition.get("command") or ([] if entry else image.config.get("Cmd")) or []),
    ]
    if not argv:
        raise StartError("CannotCreateContainerError: Error response from daemon: no command specified")
    return argv


def _secret(task: Task, reference: str) -> str:
    if ":secretsmanager:" in reference:
        return _secrets_manager(task, reference)
    name = reference.split(":parameter", 1)[-1] if reference.startswith("arn:") else reference
    execution_role.check_parameter(task, name)
    parameters = ssm_backends[task.account_id][task.region].get_parameters([name])
    if name not in parameters:
        raise StartError(_UNREADABLE.format(store="ssm", what=f"invalid parameters: {name}"))
    return parameters[name].value


def _secrets_manager(task: Task, reference: str) -> str:
    """Read `arn[:json-key[:version-stage[:version-id]]]`."""
    *arn_parts, json_key, stage, version = [*reference.split(":"), "", "", ""][:10]
    arn = ":".join(arn_parts)
    execution_role.check_secret(task, arn)
    backend = secretsmanager_backends[task.account_id][arn_parts[3]]
    try:
        value = backend.get_secret_value(arn, version, stage or ("" if version else "AWSCURRENT"))[
            "SecretString"
        ]
    except (JsonRESTError, KeyError) as error:
        what = (
            f"failed to fetch secret {arn} from secrets manager: ResourceNotFoundException: "
            f"Secrets Manager can't find the specified secret. ({error})"
        )
        raise StartError(_UNREADABLE.format(store="asm", what=what)) from error
    if not json_key:
        return value
    try:
        return str(json.loads(value)[json_key])
    except (ValueError, KeyError, TypeError) as error:
        what = f"retrieved secret from Secrets Manager did not contain json key {json_key}"
        raise StartError(_UNREADABLE.format(store="asm", what=what)) from error
