"""The image store: one folder that any number of builds share at once.

```
layers/<key>/opt/...     an image's files after a step; never written to once they have their name
images/<hex>.json        an image: its last layer and its configuration
references/<hash>        a tag, and the digest it is bound to
cache/<hash>/            what RUN --mount=type=cache keeps, and the caches of pip and uv
work/<random>/           a build under way, locked; what a killed build left is removed by the next one
```
Everything gets its name by a rename, so what has a name is whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from embedded_aws.images.manifest import pack

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from embedded_aws.images.manifest import Manifest


@dataclass(frozen=True)
class Store:
    """A store in the folder `root`, which is made when needed."""

    root: Path

    def layer(self, key: str) -> Path:
        """Return where a layer is, or would be: a folder that holds `opt`."""
        return self.root / "layers" / key

    def cache(self, name: str) -> Path:
        """Return a folder that lives as long as the store."""
        folder = self.root / "cache" / _file_name(name)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @contextlib.contextmanager
    def new_layer(self, key: str, on_wait: Callable[[], None]) -> Generator[Path | None]:
        """Yield a folder to make a layer in, which gets its name when the block ends well.

        Yields None when another build has made the layer meanwhile; `on_wait` is called before a wait.
        """
        with _locked(self._folder("locks") / key, on_wait), self._working_folder() as work:
            if self.layer(key).exists():
                yield None
                return
            tree = work / "layer"
            tree.mkdir()
            yield tree
            tree.rename(self._folder("layers") / key)

    def write_image(self, digest: str, layer: str, config: dict[str, Any], created: str) -> None:
        """Record an image."""
        record = {"layer": layer, "config": config, "created": created}
        self._write(self._image(digest), json.dumps(record))

    def read_image(self, digest: str) -> tuple[Path, dict[str, Any]] | None:
        """Return an image's layer and configuration, None when it is not here."""
        record = self._record(digest)
        return None if record is None else (self.layer(record["layer"]), record["config"])

    def manifest(self, digest: str) -> Manifest | None:
        """Return an image as registries hold it, None when it is not here."""
        record = self._record(digest)
        return None if record is None else pack(**record)

    def bind(self, tag: str, digest: str) -> None:
        """Bind a tag (`host/repository:tag`, or `host/repository@sha256:...`) to an image."""
        self._write(self._folder("references") / _file_name(tag), f"{digest} {tag}")

    def bound(self, tag: str) -> str | None:
        """Return the digest that a tag is bound to."""
        try:
            return (self.root / "references" / _file_name(tag)).read_text(encoding="utf-8").split()[0]
        except FileNotFoundError:
            return None

    def _record(self, digest: str) -> dict[str, Any] | None:
        try:
            return json.loads(self._image(digest).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def _image(self, digest: str) -> Path:
        return self._folder("images") / f"{digest.removeprefix('sha256:')}.json"

    def _folder(self, name: str) -> Path:
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _write(self, path: Path, text: str) -> None:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
            file.write(text)
        Path(file.name).rename(path)

    @contextlib.contextmanager
    def _working_folder(self) -> Generator[Path]:
        works = self._folder("work")
        with _locked(works / ".lock"):
            _remove_abandoned(works)
            work = Path(tempfile.mkdtemp(dir=works))
            held = _lock(work / ".held", fcntl.LOCK_EX)
        try:
            yield work
        finally:
            with _locked(works / ".lock"):
                remove_tree(work)
                os.close(held)


def _file_name(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def remove_tree(folder: Path) -> None:
    """Remove a folder, also one with read-only folders in it."""
    for path, names, _ in os.walk(folder):
        for name in names:
            if not (inner := Path(path, name)).is_symlink():
                inner.chmod(0o700)
    shutil.rmtree(folder)


def _remove_abandoned(works: Path) -> None:
    for work in (path for path in works.iterdir() if path.is_dir()):
        try:
            held = _lock(work / ".held", fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        remove_tree(work)
        os.close(held)


@contextlib.contextmanager
def _locked(path: Path, on_wait: Callable[[], None] | None = None) -> Generator[None]:
    try:
        descriptor = _lock(path, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if on_wait is not None:
            on_wait()
        descriptor = _lock(path, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(path: Path, operation: int) -> int:
    """Lock a file and return its descriptor; the kernel unlocks it when the process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, operation)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor
