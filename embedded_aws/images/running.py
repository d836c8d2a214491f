"""What `docker run` does here: one container in bubblewrap, to its end, on this machine's network."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from embedded_aws import images, sandbox
from embedded_aws.images.errors import ImageError
from embedded_aws.images.users import identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Run:
    """The words of `docker run`.

    Attributes:
        entrypoint: the program in place of the image's own; empty: that.
        user: `uid:gid`; empty: the image's.
        volumes: as Docker takes them: `/here:/there` or `/here:/there:ro`.
    """

    image: str
    arguments: Sequence[str]
    entrypoint: str
    user: str
    workdir: str
    environment: Mapping[str, str]
    volumes: Sequence[str]


def run(wanted: Run) -> int:
    """Run a container whose root is read-only, and return its exit code.

    Its volumes are writable, and gone afterwards: https://docs.docker.com/reference/dockerfile/#volume.

    Raises:
        ImageError: No image has that name, or a volume or user is wrong.
        SandboxError: This machine cannot run it.
    """
    image = images.tagged(wanted.image)
    if image is None:
        raise ImageError(f"Unable to find image '{wanted.image}' locally")
    config: dict[str, Any] = image.config
    program = [wanted.entrypoint] if wanted.entrypoint else _words(config, "Entrypoint")
    arguments = wanted.arguments or ([] if wanted.entrypoint else _words(config, "Cmd"))
    user = identity(wanted.user or config.get("User") or "")
    with TemporaryDirectory(prefix="docker-run-") as folder:
        given = [_mount(volume) for volume in wanted.volumes]
        own = [
            _scratch(Path(folder) / str(number), target)
            for number, target in enumerate(_words(config, "Volumes"))
            if target not in {mount.target for mount in given}
        ]
        command = sandbox.command(
            [*program, *arguments],
            root=image.root,
            mounts=[*own, *given],
            read_only_root=True,
            uid=user.uid,
            gid=user.gid,
            workdir=wanted.workdir or config.get("WorkingDir") or "/",
            hostname="run",
        )
        variables = dict(variable.split("=", 1) for variable in _words(config, "Env"))
        return subprocess.run(command, env=variables | {**wanted.environment}, check=False).returncode


def _words(config: dict[str, Any], key: str) -> list[str]:
    return [*(config.get(key) or ())]


def _mount(volume: str) -> sandbox.Mount:
    source, _, target = volume.partition(":")
    target, _, mode = target.partition(":")
    if not (source.startswith("/") and target.startswith("/") and mode in {"", "ro"}):
        raise ImageError(f"volume {volume!r} must be /here:/there or /here:/there:ro")
    if not Path(source).exists():
        raise ImageError(f"{source} does not exist: docker would make a folder of root's there")
    return sandbox.Mount(source=Path(source), target=target, read_only=bool(mode))


def _scratch(folder: Path, target: str) -> sandbox.Mount:
    folder.mkdir()
    folder.chmod(0o1777)
    return sandbox.Mount(source=folder, target=target)
