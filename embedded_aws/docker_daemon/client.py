"""Builds, pushes and looks at images.

BuildKit speaks through the `docker` command alone: https://github.com/docker/docker-py/issues/2230
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docker.errors import NotFound

from docker import APIClient
from embedded_aws.docker_daemon.errors import DaemonError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

_LAST_LINES = 30


def _unheard(line: str) -> None:
    del line


@dataclass(frozen=True)
class Login:
    """User and password of a registry."""

    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Client:
    """Commands for the daemon at `host`, such as `unix:///run/docker.sock`."""

    host: str

    def answers(self) -> bool:
        """Return whether the daemon answers."""
        done = subprocess.run(self.command("version"), env=_environment(), capture_output=True, check=False)
        return done.returncode == 0

    def build(
        self,
        *,
        context: Path,
        dockerfile: Path,
        tag: str,
        build_args: Mapping[str, str],
        target: str | None = None,
        platform: str | None = None,
        cached: bool = True,
        log: Callable[[str], None] = _unheard,
    ) -> None:
        """Build an image with BuildKit, on this machine's network.

        Args:
            context: Folder that COPY takes from; its `.dockerignore` counts.
            dockerfile: The Dockerfile.
            tag: The image's name.
            build_args: Values of ARGs.
            target: Stage wanted; None: the last.
            platform: Such as `linux/arm64`; None: this machine's.
            cached: Whether layers of former builds may be used.
            log: Gets each line that the build says.

        Raises:
            DaemonError: The build failed; its last lines.
        """
        arguments = ["build", "--progress=plain", "--network=host", "--tag", tag, "--file", str(dockerfile)]
        arguments += [
            word for name, value in build_args.items() for word in ("--build-arg", f"{name}={value}")
        ]
        arguments += [] if target is None else ["--target", target]
        arguments += [] if platform is None else ["--platform", platform]
        arguments += [] if cached else ["--no-cache"]
        self._run([*arguments, str(context)], log)

    def push(self, reference: str, login: Login | None = None, log: Callable[[str], None] = _unheard) -> str:
        """Push `host/repository:tag` and return `host/repository@sha256:...`.

        Raises:
            DaemonError: The registry or the daemon refused.
        """
        repository, _, tag = reference.rpartition(":")
        given = None if login is None else {"username": login.user, "password": login.password}
        daemon: Any = APIClient(self.host)
        steps: Iterable[dict[str, Any]] = daemon.push(
            repository, tag, auth_config=given, stream=True, decode=True
        )
        for step in steps:
            if "error" in step:
                raise DaemonError(f"docker push of {reference} failed: {step['error']}")
            if "progress" not in step and "status" in step:
                log(" ".join([step["status"], *([step["id"]] if "id" in step else [])]))
        digests: list[str] = self.image(reference)["RepoDigests"]
        return next(digest for digest in digests if digest.startswith(f"{repository}@"))

    def tag(self, image: str, reference: str) -> None:
        """Give an image another name."""
        self.output("tag", image, reference)

    def has(self, reference: str) -> bool:
        """Return whether the daemon has an image."""
        command = self.command("image", "inspect", reference)
        return subprocess.run(command, env=_environment(), capture_output=True, check=False).returncode == 0

    def image(self, reference: str) -> dict[str, Any]:
        """Return what the daemon knows of an image, as `docker image inspect` tells it."""
        (inspected,) = json.loads(self.output("image", "inspect", reference))
        return inspected

    def memory_bytes(self, container: str) -> int:
        """Return the memory that a running container uses, as `docker stats` shows it; else nothing."""
        daemon: Any = APIClient(self.host)
        try:
            stats: dict[str, Any] = daemon.stats(container, stream=False, one_shot=True)["memory_stats"]
        except NotFound:  # not yet, or no more
            return 0
        figures: dict[str, int] = stats.get("stats", {})
        return stats.get("usage", 0) - figures.get("total_inactive_file", figures.get("inactive_file", 0))

    def output(self, *arguments: str) -> str:
        """Run a command and return what it printed.

        Raises:
            DaemonError: It failed.
        """
        done = subprocess.run(
            self.command(*arguments), env=_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DaemonError(f"docker {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout

    def command(self, *arguments: str) -> list[str]:
        """Return the command line for this daemon."""
        return [_program(), "--host", self.host, *arguments]

    def _run(self, arguments: Iterable[str], log: Callable[[str], None]) -> None:
        command = self.command(*arguments)
        last: deque[str] = deque(maxlen=_LAST_LINES)
        with subprocess.Popen(
            command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            assert process.stdout is not None  # noqa: S101 - asked for above
            for line in process.stdout:
                last.append(line.rstrip())
                log(line.rstrip())
        if process.returncode:
            raise DaemonError("\n".join([f"docker {command[3]} failed; its last lines:", *last]))


def _environment() -> dict[str, str]:
    """Return this process's environment without what would name another daemon."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
    return {**kept, "DOCKER_BUILDKIT": "1"}


@functools.cache
def _program() -> str:
    """Return a `docker` that can use BuildKit: a newer one may lack buildx, and the one of `images` does."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    for program in [*(shutil.which("docker", path=folder) for folder in folders), "/usr/bin/docker"]:
        if program is None or not os.access(program, os.X_OK):
            continue
        done = subprocess.run(
            [program, "build", "--help"], env=_environment(), capture_output=True, text=True, check=False
        )
        if done.returncode == 0 and "--progress" in done.stdout:
            return program
    raise DaemonError("no `docker` command that can use BuildKit: apt-get install docker.io, or add buildx")
