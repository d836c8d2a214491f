"""Kills the container that uses more memory than its task definition allows.

Where the kernel keeps the limits (`control_groups`, a Docker daemon) nothing is measured. Elsewhere one
thread measures the processes of all containers.
Sources: `memory` in https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from embedded_aws.account.ecs.containers import ContainerProcess
    from embedded_aws.account.ecs.model import Task

LOG = logging.getLogger(__name__)
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
MIB = 1024**2
_KIB = 1024
_SAMPLE_SECONDS = 1.0
_AGAIN_SECONDS = 0.2
_MAX_CPU_SHARE = 0.05
"""Of one core: the exact measure takes milliseconds per process."""
_PROC = Path("/proc")
_FIGURE = re.compile(rb"^(PPid|VmRSS|VmSwap|Pss|SwapPss):\s+(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Usage:
    """The memory that a container uses, and its hard limit; None: only the task's limit holds."""

    used_bytes: int
    limit_bytes: int | None


def exceeding(usages: Mapping[str, Usage], task_limit_bytes: int) -> list[str]:
    """Return the containers to kill: those over their limit, else the biggest of a task over its own."""
    over = [
        name
        for name, usage in usages.items()
        if usage.limit_bytes is not None and usage.used_bytes > usage.limit_bytes
    ]
    if over or sum(usage.used_bytes for usage in usages.values()) <= task_limit_bytes:
        return over
    return [max(usages, key=lambda name: usages[name].used_bytes)]


class ProcessTable:
    """The processes of this machine when they are first asked for."""

    def resident_bytes(self, roots: Iterable[int]) -> int:
        """Return what trees of processes use at most: what they share counts once for each."""
        return sum(self._resident.get(pid, 0) for pid in self._trees(roots))

    def proportional_bytes(self, roots: Iterable[int]) -> int:
        """Return what trees of processes use: what processes share is divided among them."""
        return sum(self._proportional(pid) for pid in self._trees(roots))

    def cpu_seconds(self, roots: Iterable[int]) -> float:
        """Return the CPU time of trees of processes that are there, and of their children that were.

        https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
        """
        return sum(_cpu_seconds(pid) for pid in self._trees(roots))

    @functools.cached_property
    def _status(self) -> dict[int, dict[bytes, int]]:
        status: dict[int, dict[bytes, int]] = {}
        for entry in os.listdir(_PROC):  # noqa: PTH208 - three times faster
            if entry.isdecimal():
                with contextlib.suppress(OSError):  # ended, or hidden: another user's
                    status[int(entry)] = _figures(f"{entry}/status")
        return status

    @functools.cached_property
    def _children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        for pid, status in self._status.items():
            children.setdefault(status.get(b"PPid", 0), []).append(pid)
        return children

    @functools.cached_property
    def _resident(self) -> dict[int, int]:
        return {
            pid: (status.get(b"VmRSS", 0) + status.get(b"VmSwap", 0)) * _KIB
            for pid, status in self._status.items()
        }

    def _trees(self, roots: Iterable[int]) -> Iterator[int]:
        waiting = list(roots)
        while waiting:
            pid = waiting.pop()
            yield pid
            waiting += self._children.get(pid, [])

    def _proportional(self, pid: int) -> int:
        try:
            figures = _figures(f"{pid}/smaps_rollup")
        except ProcessLookupError:
            return 0
        except (PermissionError, FileNotFoundError):  # another user's; in Linux before 4.14; ended
            return self._resident.get(pid, 0) if (_PROC / str(pid)).exists() else 0
        return (figures.get(b"Pss", 0) + figures.get(b"SwapPss", 0)) * _KIB


def _figures(name: str) -> dict[bytes, int]:
    with open(f"{_PROC}/{name}", "rb") as file:  # noqa: PTH123 - hundreds of files each second
        return {key: int(value) for key, value in _FIGURE.findall(file.read())}


def _cpu_seconds(pid: int) -> float:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


class MemoryWatcher:
    """Looks at all tasks every second.

    Args:
        running: Gives tasks and those of their containers that run.
    """

    def __init__(self, running: Callable[[], Iterable[tuple[Task, Sequence[ContainerProcess]]]]) -> None:
        self._running = running
        self._periodic = Periodic("memory-watcher", self._look, _SAMPLE_SECONDS)

    def start(self) -> None:
        """Start the thread."""
        self._periodic.start()

    def end(self) -> None:
        """Measure nothing any more."""
        self._periodic.end()

    def _look(self) -> None:
        began = time.thread_time()
        processes = ProcessTable()
        for task, containers in self._running():
            try:
                self._look_at(task, {one.name: one for one in containers}, processes)
            except Exception:
                LOG.exception("memory of task %s", task.id)
        self._periodic.seconds = max(_SAMPLE_SECONDS, (time.thread_time() - began) / _MAX_CPU_SHARE)

    def _look_at(
        self, task: Task, containers: Mapping[str, ContainerProcess], processes: ProcessTable
    ) -> None:
        """Kill what exceeds a limit by the cheap measure, by the exact one, and still does a moment later.

        A process that is just being started shares all memory with the one that starts it (vfork), and both
        show all of it.
        """
        usages = _usages(containers, processes, exact=False)
        if not exceeding(usages, task.memory_mib * MIB):
            return
        usages = _usages(containers, processes, exact=True)
        if not exceeding(usages, task.memory_mib * MIB) or self._periodic.wait(_AGAIN_SECONDS):
            return
        usages = _usages(containers, ProcessTable(), exact=True)
        for name in exceeding(usages, task.memory_mib * MIB):
            used = ", ".join(f"{other} {usage.used_bytes // MIB} MiB" for other, usage in usages.items())
            LOG.info("container %s of task %s is killed: out of memory (%s)", name, task.id, used)
            containers[name].kill_for_memory()


def _usages(
    containers: Mapping[str, ContainerProcess], processes: ProcessTable, *, exact: bool
) -> dict[str, Usage]:
    measured = {name: one.memory_bytes(processes, exact=exact) for name, one in containers.items()}
    return {
        name: Usage(used, containers[name].memory_limit_bytes)
        for name, used in measured.items()
        if used is not None
    }
