"""Makes the layers of a plan that the store does not hold yet."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws import sandbox
from embedded_aws.images import ownership
from embedded_aws.images.context import Files, content_hash, copy, make_folder
from embedded_aws.images.copying import matching
from embedded_aws.images.errors import ImageError
from embedded_aws.images.layers import Copy, Folders, Layer, Run, Step
from embedded_aws.images.users import identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from embedded_aws.images.store import Store

_FROM_HOST = re.compile(
    r"(?i)(http|https|ftp|no|all)_proxy|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|NODE_EXTRA_CA_CERTS"
    r"|PIP_(CERT|CONFIG_FILE|DEFAULT_TIMEOUT|(EXTRA_)?INDEX_URL|RETRIES|TRUSTED_HOST)"
    r"|UV_((DEFAULT_|EXTRA_)?INDEX(_URL|_\w+_(USERNAME|PASSWORD))?|HTTP_TIMEOUT|INSECURE_HOST)"
    r"|UV_(NATIVE_TLS|SYSTEM_CERTS)"
)
_PIP = Path("/etc/pip.conf")
_OUTSIDE = ("Read-only file system", "/var/lib/apt", "/var/lib/dpkg")
"""Said by commands that want to change the system: Debian's keep their state in folders that are absent."""
_CACHES = {"PIP_CACHE_DIR": "pip", "UV_CACHE_DIR": "uv"}
_LAST_LINES = 20
_TITLE = 70  # characters of an instruction in a message


@dataclass(frozen=True)
class Builder:
    """Builds into `store`; `log` gets one line per step."""

    store: Store
    log: Callable[[str], None]

    def ensure(self, layer: Layer) -> Path:
        """Return the layer's folder; what it needs and the store does not hold is built first."""
        folder = self.store.layer(layer.key)
        if folder.exists():
            return folder
        for step in layer.steps:
            if isinstance(step.action, Copy) and isinstance(step.action.files, Layer):
                self.ensure(step.action.files)
        parent = None if layer.parent is None else self.ensure(layer.parent)
        with self.store.new_layer(layer.key, lambda: self._wait(layer)) as tree:
            if tree is not None:
                start = time.monotonic()
                _start_tree(tree, parent, link=not _runs(layer))
                for step in layer.steps:
                    self._do(step, tree)
                    end = time.monotonic()
                    self.log(f"line {step.instruction.line}: {_title(step)} ({end - start:.1f} s)")
                    start = end
        return folder

    def _wait(self, layer: Layer) -> None:
        lines = [step.instruction.line for step in layer.steps]
        self.log(f"another build makes line {lines[0]} right now; waiting for it" if lines else "waiting")

    def _do(self, step: Step, tree: Path) -> None:
        try:
            match step.action:
                case Folders(paths):
                    for path in paths:
                        make_folder(tree, path)
                case Copy():
                    self._copy(step.action, tree)
                case Run():
                    self._run(step.action, tree)
        except (ImageError, sandbox.SandboxError) as error:
            raise step.instruction.error(str(error)) from error

    def _copy(self, action: Copy, tree: Path) -> None:
        link = isinstance(action.files, Layer)
        files = self._files(action.files)
        sources = matching(files, action.patterns)
        copy(files, sources, tree, action.destination, mode=action.mode, link=link)
        if not link and content_hash(files, sources) != action.content:
            raise ImageError("the files changed while they were copied; build again")

    def _files(self, files: Files | Layer) -> Files:
        return Files(self.store.layer(files.key), "that stage") if isinstance(files, Layer) else files

    def _run(self, action: Run, tree: Path) -> None:
        temporary = tree.parent / "tmp"
        temporary.mkdir()
        temporary.chmod(0o1777)
        caches = [
            sandbox.Mount(source=self.store.cache(cache.name), target=cache.target) for cache in action.caches
        ]
        own = {variable: f"/.cache/{name}" for variable, name in _CACHES.items()}
        user = identity(action.user)
        command = sandbox.command(
            action.argv,
            root=tree,
            mounts=[
                sandbox.Mount(source=temporary, target="/tmp"),  # noqa: S108 - on disk: wheels unpack there
                *(
                    sandbox.Mount(source=self.store.cache(name), target=own[variable])
                    for variable, name in _CACHES.items()
                ),
                *_files_named(host := _host_environment()),
                *caches,
            ],
            read_only_root=False,
            uid=user.uid,
            gid=user.gid,
            workdir=action.workdir,
            hostname="build",
        )
        env = {"HOME": user.home, **host, **own, "UV_LINK_MODE": "copy", **action.proxies, **action.env}
        output = tree.parent / "output"
        code = _call(command, env, output, pretend_ownership=user.uid == 0)
        if code != 0:
            raise ImageError(_failure(action, code, output))


def _call(command: list[str], env: dict[str, str], output: Path, *, pretend_ownership: bool) -> int:
    descriptor = ownership.filter_descriptor() if pretend_ownership else None
    if descriptor is not None:
        command = [command[0], "--seccomp", str(descriptor), *command[1:]]
    try:
        with output.open("wb") as file:
            return subprocess.run(
                command,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                pass_fds=() if descriptor is None else (descriptor,),
                check=False,
            ).returncode
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _failure(action: Run, code: int, output: Path) -> str:
    with output.open(encoding="utf-8", errors="replace") as file:
        lines = [line.rstrip() for line in deque(file, maxlen=_LAST_LINES)]
    hint = (
        f"\nHere a RUN can write below {sandbox.IMAGE_FOLDER} (and, until it ends, /tmp) only; "
        "the rest of the image is this machine's system."
        if any(sign in line for line in lines for sign in _OUTSIDE)
        else ""
    )
    log_tail = "\n".join(f"  {line}" for line in lines) or "  (nothing)"
    return f"{_short(action.argv[-1])} ended with exit code {code}; its last lines:\n{log_tail}{hint}"


def _start_tree(tree: Path, parent: Path | None, *, link: bool) -> None:
    """Fill a new layer with its parent's files: shared where no command can write to them, else copied."""
    if parent is not None:
        how = "--link" if link else "--reflink=auto"
        subprocess.run(["cp", "-a", how, f"{parent}/.", str(tree)], check=True)
        return
    make_folder(tree, sandbox.IMAGE_FOLDER)
    for mount in sandbox.python_mounts():
        if Path(mount.target).is_relative_to(sandbox.IMAGE_FOLDER):
            make_folder(tree, mount.target)  # where the Python that runs this lives below /opt itself


def _runs(layer: Layer) -> bool:
    return any(isinstance(step.action, Run) for step in layer.steps)


def _host_environment() -> dict[str, str]:
    """Return how this machine reaches the network: what an engine's daemon would be configured with."""
    return {name: value for name, value in os.environ.items() if _FROM_HOST.fullmatch(name)}


def _files_named(environment: dict[str, str]) -> list[sandbox.Mount]:
    """Return mounts for pip's settings, and files (certificates) that variables name and nobody would see."""
    paths = {_PIP, *(Path(value) for value in environment.values() if value.startswith("/"))}
    return [
        sandbox.Mount(source=path.resolve(), target=str(path), read_only=True)
        for path in sorted(paths)
        if (path.is_file() or path.is_dir()) and not sandbox.visible(path)  # PIP_CONFIG_FILE may be /dev/null
    ]


def _title(step: Step) -> str:
    return f"{step.instruction.name} {_short(step.instruction.text)}"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _TITLE else f"{words[: _TITLE - 3]}..."
