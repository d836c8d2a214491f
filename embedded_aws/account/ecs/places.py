"""Where a container's programs run: in bubblewrap, or with a Docker daemon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from embedded_aws.account.ecs.contained import Contained
from embedded_aws.account.ecs.sandboxed import Sandboxed
from embedded_aws.account.ecs.start import DaemonImage

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterable

    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import Container, Task
    from embedded_aws.account.ecs.start import Image


class Place(Protocol):
    """The surroundings of one container."""

    def main(self, argv: list[str], variables: Iterable[str]) -> list[str]:
        """Return the command line of the container's program; start it with these variables' values.

        Raises:
            StartError: A user, volume or folder cannot be had.
        """
        ...

    def beside(self, argv: list[str]) -> list[str]:
        """Return the command line that runs a program beside it, as a health check is run."""
        ...

    def end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """End the started program: SIGTERM, after `seconds` SIGKILL. Returns when it has ended."""

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it at once."""

    def clean(self) -> None:
        """Remove what the stopped task kept."""


def place(account: Account, task: Task, container: Container, image: Image) -> Place:
    """Give the place for an image."""
    if isinstance(image, DaemonImage):
        return Contained(account, task, container, image)
    return Sandboxed(account, task, container, image)
