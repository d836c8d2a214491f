"""Lets the kernel keep tasks and containers to their memory, with control groups of this account's own.

It needs version 2 of them, and a folder where this user may make some: root's, or one that systemd
delegated, as to the programs of a desktop and of `systemd-run --user --scope`. Nothing outside of the
account's own folder is changed.
Source: https://docs.kernel.org/admin-guide/cgroup-v2.html
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedded_aws.account.ecs.model import Container, Task

_ROOT = Path("/sys/fs/cgroup")
_ENTER = 'echo 0 >"$1" && shift && exec "$@"'
"""A process puts itself into a group, so that all that it ever starts is there too."""
_MIB = 1024**2
_REMOVAL_SECONDS = 5.0
_TRIAL_MIB = 64


@dataclass(frozen=True)
class ControlGroups:
    """The control groups of an account.

    Attributes:
        folder: that of the account, in which a task has one and a container another.
    """

    folder: Path

    @classmethod
    def make(cls, root: Path = _ROOT, own: str | None = None) -> Self | None:
        """Return the account's control groups after one trial, or None where this user can have none.

        Args:
            root: where control groups are mounted.
            own: this process's group; None: as /proc tells.
        """
        path = root / (_own() if own is None else own).lstrip("/")
        for above in (path, *path.parents[: len(path.relative_to(root).parts)]):
            groups = cls(above / f"embedded-aws-{os.getpid()}")
            if groups._works():
                return groups
            groups.end()
        return None

    def command(self, task: Task, container: Container, command: Sequence[str]) -> list[str]:
        """Return a command line that runs `command` within the limits of the container and its task."""
        of_task = self.folder / task.id
        group = of_task / container.id
        if not group.exists():
            _limit(of_task, task.memory_mib)
            (of_task / "cgroup.subtree_control").write_text("+memory")
            _limit(group, container.memory_mib)
            # AWS: the container is killed, not one process of it.
            (group / "memory.oom.group").write_text("1")
        return _within(group, command)

    def ran_out_of_memory(self, task: Task, container: Container) -> bool:
        """Return whether the kernel killed the container at a limit."""
        with contextlib.suppress(OSError):
            events = (self.folder / task.id / container.id / "memory.events").read_text()
            return re.search(r"^oom_kill [1-9]", events, re.MULTILINE) is not None
        return False

    def remove(self, task: Task) -> None:
        """Remove the groups of a stopped task."""
        _remove(self.folder / task.id)

    def end(self) -> None:
        """Remove all groups."""
        _remove(self.folder)

    def _works(self) -> bool:
        trial = self.folder / "trial"
        try:
            if "memory" not in (self.folder.parent / "cgroup.subtree_control").read_text().split():
                return False
            self.folder.mkdir()
            (self.folder / "cgroup.subtree_control").write_text("+memory")
            _limit(trial, _TRIAL_MIB)
            done = subprocess.run(_within(trial, ["true"]), capture_output=True, check=False)
        except OSError:
            return False
        _remove(trial)
        return done.returncode == 0


def _own() -> str:
    found = re.search(r"^0::(.*)$", Path("/proc/self/cgroup").read_text(), re.MULTILINE)
    return found[1] if found else "/"


def _limit(group: Path, memory_mib: int | None) -> None:
    group.mkdir(exist_ok=True)
    if memory_mib is not None:
        (group / "memory.max").write_text(str(memory_mib * _MIB))
    swap = group / "memory.swap.max"
    if swap.exists():  # Fargate has none
        swap.write_text("0")


def _within(group: Path, command: Sequence[str]) -> list[str]:
    return ["/bin/sh", "-c", _ENTER, "sh", str(group / "cgroup.procs"), *command]


def _remove(group: Path) -> None:
    """Remove a group and those in it; what still runs there is killed, and is in it for a moment more."""
    deadline = time.monotonic() + _REMOVAL_SECONDS
    with contextlib.suppress(OSError):  # since Linux 5.14; a health check, as nothing else runs any more
        (group / "cgroup.kill").write_text("1")
    for folder in (*group.glob("*/*/"), *group.glob("*/"), group):
        while folder.exists() and time.monotonic() < deadline:
            try:
                folder.rmdir()
            except OSError:
                time.sleep(0.02)
