"""The folder for what is built once and used by every checkout of this user."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable


def root() -> Path:
    """Return `${EMBEDDED_AWS_CACHE:-~/.cache/embedded-aws}`, which may not exist yet."""
    chosen = os.environ.get("EMBEDDED_AWS_CACHE") or Path.home() / ".cache" / "embedded-aws"
    return Path(chosen).expanduser().resolve()


def folder() -> Path:
    """Return the part for programs and base images, made when it is missing."""
    path = root() / "engine"
    path.mkdir(parents=True, exist_ok=True)
    return path


def made(kind: str, ingredients: Iterable[str], make: Callable[[Path], None]) -> Path:
    """Return the folder `<kind>-<hash of the ingredients>`; `make` fills it when it is not there.

    One process at a time makes it, the others wait; a half-made folder is never seen, and the next
    call clears it away.
    """
    key = hashlib.sha256("\0".join(ingredients).encode()).hexdigest()[:16]
    path = folder() / f"{kind}-{key}"
    if not path.is_dir():
        with _locked(path.with_suffix(".lock")):
            if not path.is_dir():
                partial = path.with_suffix(".partial")
                shutil.rmtree(partial, ignore_errors=True)
                partial.mkdir()
                make(partial)
                partial.rename(path)
    return path


@contextlib.contextmanager
def _locked(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
