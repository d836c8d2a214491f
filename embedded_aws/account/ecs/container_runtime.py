"""What runs a container's programs: bubblewrap, or a Docker daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from embedded_aws.account.ecs.bubblewrap_runtime import BubblewrapRuntime
from embedded_aws.account.ecs.docker_runtime import DockerRuntime
from embedded_aws.account.ecs.start import DaemonImage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable

    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.memory import ProcessTable
    from embedded_aws.account.ecs.model import Container, Task
    from embedded_aws.account.ecs.start import Image


class ContainerRuntime(Protocol):
    """Runs the programs of one container."""

    def run_command(self, argv: list[str], variables: Iterable[str]) -> list[str]:
        """Return the command line of the container's program; start it with these variables' values.

        Raises:
            StartError: A user, volume or folder cannot be had.
        """
        ...

    def exec_command(self, argv: list[str]) -> list[str]:
        """Return the command line that runs another program in the container, such as a health check."""
        ...

    def end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """End the started program: SIGTERM, after `seconds` SIGKILL. Returns when it has ended."""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it at once."""

    def memory_bytes(self, pids: Iterable[int], processes: ProcessTable, *, exact: bool) -> int | None:
        """Return the memory that the started programs use; None: the kernel keeps all their limits.

        Args:
            pids: process ids of the started programs.
            processes: those of this machine, so that all containers are measured at once.
            exact: False: more than that is fine too, if it is cheap.
        """
        ...

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel ended the program at a limit."""
        ...

    def clean(self) -> None:
        """Remove what the stopped task kept."""


def container_runtime(account: Account, task: Task, container: Container, image: Image) -> ContainerRuntime:
    """Return the runtime for a container of an image."""
    if isinstance(image, DaemonImage):
        return DockerRuntime(account, task, container, image)
    return BubblewrapRuntime(account, task, container, image)
