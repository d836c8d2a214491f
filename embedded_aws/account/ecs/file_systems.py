# pyright: basic
# moto has no types for its backends.
"""EFS file systems as folders of the account, and what a task is refused that mounts one.

Source: https://repost.aws/knowledge-center/fargate-unable-to-mount-efs,
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from moto.ec2.models import ec2_backends
from moto.efs.models import efs_backends

from embedded_aws.account.ecs.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import JSON, Task

_FAILED = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: {why}"
)
_ID = re.compile(r"[A-Za-z0-9_-]+")
_UNMOUNTABLE = set(',"\n')
"""Characters that a Docker daemon would read as the end of a mount's path."""


def folder(account: Account, task: Task, configuration: JSON) -> Path:
    """Return the folder behind a volume's `efsVolumeConfiguration`.

    Raises:
        StartError: No such file system has a mount target in the task's VPC, or it has no such folder.
    """
    system_id = str(configuration["fileSystemId"])
    if not _ID.fullmatch(system_id) or not _reachable(task, system_id):
        raise StartError(
            _FAILED.format(
                why=f'Failed to resolve "{system_id}.efs.{task.region}.amazonaws.com" - check that your '
                "file system ID is correct, and ensure that the VPC has an EFS mount target for this file "
                "system ID."
            )
        )
    base = account.home / "efs" / system_id
    base.mkdir(parents=True, exist_ok=True)
    wanted = str(configuration.get("rootDirectory") or "/")
    path = base.joinpath(*PurePosixPath(wanted.lstrip("/")).parts)
    # A link would be followed on this machine, where it may lead out of the file system.
    if _UNMOUNTABLE & set(wanted) or path.resolve() != path or not _within(path, base) or not path.is_dir():
        why = f"mount.nfs4: mounting {wanted} failed, reason given by server: No such file or directory"
        raise StartError(_FAILED.format(why=why))
    return path


def _within(path: Path, base: Path) -> bool:
    return path.is_relative_to(base) and ".." not in path.parts


def _reachable(task: Task, system_id: str) -> bool:
    system: Any = efs_backends[task.account_id][task.region].file_systems_by_id.get(system_id)
    vpc_id = ec2_backends[task.account_id][task.region].get_subnet(task.subnet).vpc_id
    return system is not None and any(target.vpc_id == vpc_id for target in system.iter_mount_targets())
