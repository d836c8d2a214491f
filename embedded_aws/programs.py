"""The programs that this package starts: where they are, and the Debian packages that bring them.

On the standard library alone, since it is asked before anything is installed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ACCOUNT = ("bwrap", "haproxy", "postgres", "redis-server", "setpriv")
"""What the account starts."""
BROKER = ("rabbitmq-server",)
"""What the account starts besides where there is a broker of Amazon MQ."""
DOCKER = ("debootstrap", "docker-registry", "dockerd")
"""What a Docker daemon of its own takes, where one can run."""
PACKAGES = {
    "bwrap": "bubblewrap",
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
    "haproxy": "haproxy",
    "postgres": "postgresql",
    "rabbitmq-server": "rabbitmq-server",
    "redis-server": "redis-server",
    "setpriv": "util-linux",
}
"""Debian's package by program."""
_POSTGRESQL = Path("/usr/lib/postgresql")
_RABBITMQ = Path("/usr/lib/rabbitmq/bin")
"""RabbitMQ's own programs; those on PATH are wrappers that only root and the package's user may run."""
_SYSTEM_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")


def search_path() -> str:
    """Return PATH, after the newest PostgreSQL and RabbitMQ and before what an ordinary user's PATH lacks."""
    postgresql = max(_POSTGRESQL.glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)
    first = [] if postgresql is None else [str(postgresql)]
    return os.pathsep.join([*first, str(_RABBITMQ), os.environ.get("PATH", os.defpath), *_SYSTEM_FOLDERS])


def find(program: str) -> str | None:
    """Return the path of a program, None where it is not installed."""
    return shutil.which(program, path=search_path())


def missing_packages(programs: Iterable[str]) -> list[str]:
    """Return the Debian packages of the programs that are not installed."""
    return sorted(PACKAGES[program] for program in programs if find(program) is None)


def not_installed(program: str) -> str:
    """Return the error message for a missing program, with its remedy."""
    return f"{program} is not installed: apt-get install {PACKAGES[program]}"
