# pyright: basic
# moto has no types for its task definitions.
"""Runs a container's programs in bubblewrap, with the task's volumes as folders of this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws import sandbox
from embedded_aws.account import processes
from embedded_aws.account.ecs import file_systems
from embedded_aws.account.ecs.errors import StartError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable
    from pathlib import Path

    from embedded_aws import images
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.memory import ProcessTable
    from embedded_aws.account.ecs.model import JSON, Container, Task


@dataclass(frozen=True)
class BubblewrapRuntime:
    """A container in bubblewrap; see `container_runtime.ContainerRuntime`."""

    account: Account
    task: Task
    container: Container
    image: images.Image

    def run_command(self, argv: list[str], variables: Iterable[str]) -> list[str]:
        """Return the command line of the container's program."""
        del variables  # the process has them
        linux: JSON = self.container.definition.get("linuxParameters") or {}
        init = bool(linux.get("initProcessEnabled"))
        return self._limited(_command(self.account, self.task, self.container, self.image, argv, init=init))

    def exec_command(self, argv: list[str]) -> list[str]:
        """Return the command line of another program in the container."""
        return self._limited(_command(self.account, self.task, self.container, self.image, argv))

    def end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """End it: SIGTERM, after `seconds` SIGKILL."""
        processes.end(process, seconds)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it at once."""
        process.kill()

    def memory_bytes(self, pids: Iterable[int], processes: ProcessTable, *, exact: bool) -> int | None:
        """Return the memory that the started programs use; None: the kernel keeps all their limits."""
        if self.account.control_groups:
            return None
        return processes.proportional_bytes(pids) if exact else processes.resident_bytes(pids)

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel ended the program at a limit."""
        groups = self.account.control_groups
        return groups is not None and groups.ran_out_of_memory(self.task, self.container)

    def clean(self) -> None:
        """Remove the task's volumes and limits."""
        if self.account.control_groups:
            self.account.control_groups.remove(self.task)
        shutil.rmtree(_folder(self.account, self.task), ignore_errors=True)

    def _limited(self, command: list[str]) -> list[str]:
        groups = self.account.control_groups
        return groups.command(self.task, self.container, command) if groups else command


def _command(
    account: Account,
    task: Task,
    container: Container,
    image: images.Image,
    argv: list[str],
    *,
    init: bool = False,
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
            hosts_file=account.hosts_file.path,
            init=init,
        )
    except sandbox.SandboxError as error:
        raise StartError(f"CannotStartContainerError: {error}") from error


def _folder(account: Account, task: Task) -> Path:
    folder = account.home / "tasks" / task.id
    folder.mkdir(parents=True, exist_ok=True)
    return folder


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


def _volume(
    account: Account, task: Task, volume: JSON, image: images.Image, mount_point: tuple[str, int]
) -> Path:
    """Return a volume's folder, made at its first use; `place` is its path inside and the user there.

    A task volume takes content and mode from a VOLUME of the image, and belongs to root where there is none.
    """
    target, uid = mount_point
    shared: Any = volume.get("efsVolumeConfiguration")
    if shared:
        return file_systems.folder(account, task, shared)
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
