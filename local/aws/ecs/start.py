# pyright: basic
# moto has no types for its backends.
"""What a container needs before it can start: image, environment, secrets, volumes and command line.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html
"""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from local import images, sandbox

if TYPE_CHECKING:
    from pathlib import Path

    from local.aws.account import Account
    from local.aws.ecs.model import JSON, Container, Task

_UNREADABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
    "failed: unable to retrieve secret from {store}: service call has been retried 1 time(s): {what}"
)


class StartError(Exception):
    """A task cannot start; the text is its stoppedReason."""


def pull(reference: str) -> images.Image:
    """Return an image of the store.

    Raises:
        StartError: CannotPullContainerError.
    """
    try:
        return images.resolve(reference)
    except images.ImageNotFoundError as error:
        text = str(error)
        raise StartError(text if "CannotPull" in text else f"CannotPullContainerError: {text}") from error


def environment(account: Account, task: Task, container: Container, image: images.Image) -> dict[str, str]:
    """Return the whole environment of a container.

    Raises:
        StartError: A secret cannot be read.
    """
    metadata = f"{account.endpoint}/_account/v4/{container.id}"
    given: dict[str, str] = {
        "PATH": sandbox.DEFAULT_PATH,
        "HOME": "/",
        "HOSTNAME": task.hostname,
        **dict(pair.split("=", 1) for pair in image.config.get("Env") or []),
    }
    injected = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{account.endpoint}/_account/credentials/{task.id}",
        "AWS_DEFAULT_REGION": task.region,
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        "AWS_REGION": task.region,
        "ECS_AGENT_URI": f"{account.endpoint}/_account/api/{container.id}",
        "ECS_CONTAINER_METADATA_URI_V4": metadata,
    }
    named = {pair["name"]: pair.get("value", "") for pair in container.definition.get("environment") or []}
    secrets = {
        secret["name"]: _secret(task, secret["valueFrom"])
        for secret in container.definition.get("secrets") or []
    }
    return given | injected | named | secrets


def command(
    account: Account, task: Task, container: Container, image: images.Image, argv: list[str]
) -> list[str]:
    """Return the command line that runs `argv` in the container's surroundings.

    Raises:
        StartError: A user, volume or folder cannot be had.
    """
    definition = container.definition
    uid, gid = _user(definition.get("user") or image.config.get("User") or "0:0")
    read_only = bool(definition.get("readonlyRootFilesystem", False))
    root = image.root
    if not read_only:
        own = _folder(account, task) / f"root-{container.name}"
        root = own if own.exists() else sandbox.private_root(image.root, own)
    try:
        return sandbox.command(
            argv,
            root=root,
            mounts=_mounts(account, task, container, image, uid),
            read_only_root=read_only,
            uid=uid,
            gid=gid,
            workdir=definition.get("workingDirectory") or image.config.get("WorkingDir") or "/",
            hostname=task.hostname.split(".")[0],
            hosts_file=account.names.path,
        )
    except sandbox.SandboxError as error:
        raise StartError(f"CannotStartContainerError: {error}") from error


def program(container: Container, image: images.Image) -> list[str]:
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


def clean(account: Account, task: Task) -> None:
    """Remove a stopped task's volumes."""
    shutil.rmtree(_folder(account, task), ignore_errors=True)


def _folder(account: Account, task: Task) -> Path:
    folder = account.home / "tasks" / task.id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _secret(task: Task, reference: str) -> str:
    if ":secretsmanager:" in reference:
        return _secrets_manager(task, reference)
    name = reference.split(":parameter", 1)[-1] if reference.startswith("arn:") else reference
    parameters = ssm_backends[task.account_id][task.region].get_parameters([name])
    if name not in parameters:
        raise StartError(_UNREADABLE.format(store="ssm", what=f"invalid parameters: {name}"))
    return parameters[name].value


def _secrets_manager(task: Task, reference: str) -> str:
    """Read `arn[:json-key[:version-stage[:version-id]]]`."""
    *arn_parts, json_key, stage, version = [*reference.split(":"), "", "", ""][:10]
    arn = ":".join(arn_parts)
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


def _user(user: str) -> tuple[int, int]:
    uid, _, gid = user.replace("root", "0").partition(":")
    if not uid.isdecimal() or (gid and not gid.isdecimal()):
        raise StartError(
            f"CannotStartContainerError: unable to find user {user}: give it by number (uid:gid) here"
        )
    return int(uid), int(gid or 0)


def _mounts(
    account: Account, task: Task, container: Container, image: images.Image, uid: int
) -> list[sandbox.Mount]:
    volumes = {volume["name"]: volume for volume in task.definition.volumes}
    mounts = []
    for point in container.definition.get("mountPoints") or []:
        target = point["containerPath"]
        source = _volume(account, task, volumes[point["sourceVolume"]], image, (target, uid))
        mounts.append(sandbox.Mount(source=source, target=target, read_only=bool(point.get("readOnly"))))
    return mounts


def _volume(account: Account, task: Task, volume: JSON, image: images.Image, place: tuple[str, int]) -> Path:
    """Return a volume's folder, made at its first use; `place` is its path inside and the user there.

    A task volume takes content and mode from a VOLUME of the image, and belongs to root where there is none.
    """
    target, uid = place
    shared: Any = volume.get("efsVolumeConfiguration")
    if shared:
        folder = account.home / "efs" / shared["fileSystemId"] / shared.get("rootDirectory", "/").strip("/")
        folder.mkdir(parents=True, exist_ok=True)
        return folder
    folder = _folder(account, task) / f"volume-{volume['name']}"
    if folder.exists():
        return folder
    origin = image.root / target.strip("/")
    if target not in (image.config.get("Volumes") or {}):
        folder.mkdir()
        folder.chmod(0o755 if uid == 0 else 0o555)
    elif origin.is_dir():
        shutil.copytree(origin, folder, symlinks=True)
    else:
        folder.mkdir()
        folder.chmod(0o1777)
    return folder
