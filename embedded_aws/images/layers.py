"""What a Dockerfile amounts to: layers made of steps, and the configuration they leave."""

from __future__ import annotations

import hashlib
import json
import platform
import posixpath
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_aws import sandbox
from embedded_aws.images.users import identity

if TYPE_CHECKING:
    from embedded_aws.images.context import Files
    from embedded_aws.images.dockerfile import Instruction


@dataclass(frozen=True)
class Folders:
    """Make folders (WORKDIR, VOLUME)."""

    paths: tuple[str, ...]


@dataclass(frozen=True)
class Copy:
    """Copy files of the build context or this machine, or of another stage's last layer.

    `content` is the hash of what `files` held when the build was planned.
    """

    files: Files | Layer
    patterns: tuple[str, ...]
    destination: str
    mode: int | None
    content: str


@dataclass(frozen=True)
class Cache:
    """A folder `name` of the store, mounted at `target` while a command runs."""

    name: str
    target: str


@dataclass(frozen=True)
class Run:
    """Run a command in a container; `proxies` are build arguments that change no result."""

    argv: tuple[str, ...]
    env: dict[str, str]
    proxies: dict[str, str]
    user: str
    workdir: str
    caches: tuple[Cache, ...]


@dataclass(frozen=True)
class Step:
    """One instruction that touches files."""

    instruction: Instruction
    action: Folders | Copy | Run


@dataclass(frozen=True)
class Layer:
    """An image's files after some steps.

    A layer is one RUN, one COPY from another stage, or a row of what is quick to do again: copies from the
    build context and new folders. So a change in the last row repeats that row only.
    """

    key: str
    parent: Layer | None
    steps: tuple[Step, ...] = ()
    is_row: bool = True

    def followed_by(self, step: Step, *, row: bool, determinants: Any) -> Layer:
        """Return the layer after one more step; `says` is all that the step's result depends on."""
        key = hash_of(self.key, determinants)
        if row and self.is_row:
            return Layer(key, self.parent, (*self.steps, step))
        return Layer(key, self, (step,), is_row=row)


@dataclass
class State:
    """Where a stage stands after an instruction."""

    layer: Layer
    env: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict[str, str])
    user: str = ""
    workdir: str = "/"
    shell: tuple[str, ...] = ("/bin/sh", "-c")
    config: dict[str, Any] = field(default_factory=dict[str, Any])
    own_command: bool = False
    """True: CMD stands in this very stage, so that a later ENTRYPOINT keeps it."""

    def next_stage(self) -> State:
        """Return the state that a stage FROM this one starts with: arguments end with their stage."""
        return replace(self, env=dict(self.env), config=dict(self.config), arguments={}, own_command=False)

    @property
    def variables(self) -> dict[str, str]:
        """What `$NAME` means: ENV wins over ARG."""
        return {**self.arguments, **self.env}

    def absolute(self, path: str) -> str:
        """Return a path relative to the working directory as an absolute one without `..`."""
        return posixpath.normpath(posixpath.join(self.workdir, path))

    def image_config(self) -> dict[str, Any]:
        """Return the OCI image configuration; its Env has HOME, which engines look up in /etc/passwd."""
        env = {"HOME": identity(self.user).home, **self.env}
        return {
            "Env": [f"{name}={value}" for name, value in sorted(env.items())],
            "User": self.user,
            "WorkingDir": self.workdir,
            **self.config,
        }


def belongs_to_image(path: str) -> bool:
    """Return whether an absolute path is the image's own; all others are this machine's."""
    return Path(path).is_relative_to(sandbox.IMAGE_FOLDER)


def hash_of(*values: Any) -> str:
    """Return the SHA-256, in hex, of JSON values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def machine() -> State:
    """Return what FROM a public image starts with: this machine's system and Python, and an empty /opt."""
    release = Path("/etc/os-release")
    system = release.read_text(encoding="utf-8") if release.is_file() else ""
    key = hash_of("machine 1", system, sandbox.DEFAULT_PATH, sys.version, platform.machine())
    return State(Layer(key, None), {"PATH": sandbox.DEFAULT_PATH, "LANG": "C.UTF-8"})
