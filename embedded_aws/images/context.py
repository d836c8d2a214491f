"""The files a COPY takes: selected by pattern, hashed by content, put into an image's tree."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from docker.utils.build import exclude_paths

from embedded_aws.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Files:
    """The files below `root` that may be copied: all, or those relative paths that are `allowed`.

    `name` says in messages where they are.
    """

    root: Path
    name: str
    allowed: frozenset[str] | None = None

    def matching(self, pattern: str) -> list[Path]:
        """Return what `pattern` (Go's filepath.Match, relative to the root) names, sorted; may be empty.

        Raises:
            ImageError: It leads out of the root.
        """
        parts = PurePosixPath("/", pattern).relative_to("/").parts
        if ".." in parts:
            raise ImageError(f"{pattern} leads out of {self.name}")
        if not parts:
            return [self.root]
        paths = list(self.root.glob("/".join(parts)))
        for path in paths:
            if not path.resolve().is_relative_to(self.root.resolve()):
                raise ImageError(f"{pattern} leads out of {self.name} through a symbolic link")
            if path.is_symlink() and path.is_dir():
                raise ImageError(f"{pattern} is a symbolic link to a folder; name the folder itself")
        return sorted(path for path in paths if self._selected(path))

    def children(self, folder: Path) -> list[Path]:
        """Return the entries of `folder` that may be copied, sorted."""
        return sorted(path for path in folder.iterdir() if self._selected(path))

    def _selected(self, path: Path) -> bool:
        return self.allowed is None or str(path.relative_to(self.root)) in self.allowed

    def walk(self, path: Path) -> Iterator[Path]:
        """Yield `path` and everything below it, parents first."""
        yield path
        if path.is_dir() and not path.is_symlink():
            for child in self.children(path):
                yield from self.walk(child)


def build_context(folder: Path) -> Files:
    """Return the files of a build context that its `.dockerignore` lets through."""
    ignore = folder / ".dockerignore"
    lines = ignore.read_text(encoding="utf-8").splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    # exclude_paths lets .dockerignore through whatever it says, as an engine needs it; an image never does.
    names = exclude_paths(str(folder), patterns, ".dockerignore") - {".dockerignore"}
    ancestors = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    return Files(folder, "the build context (as .dockerignore leaves it)", frozenset(names | ancestors))


def content_hash(files: Files, sources: list[Path]) -> str:
    """Return the SHA-256 of names, modes and contents of `sources`; place and times do not count."""
    digest = hashlib.sha256()
    for source in sources:
        for path in files.walk(source):
            status = path.lstat() if path != source else path.stat()
            name = str(path.relative_to(source)) if path != source or path.is_dir() else path.name
            digest.update(f"{status.st_mode:o} {name}\0".encode())
            digest.update(hashlib.sha256(_content(path, status.st_mode)).digest())
    return digest.hexdigest()


def _content(path: Path, mode: int) -> bytes:
    if stat.S_ISDIR(mode):
        return b""
    if stat.S_ISLNK(mode):
        return os.fsencode(path.readlink())
    if stat.S_ISREG(mode):
        return path.read_bytes()
    raise ImageError(f"{path} is neither file, folder nor symbolic link")


def copy(
    files: Files, sources: list[Path], tree: Path, destination: str, *, mode: int | None, link: bool
) -> None:
    """Copy `sources` to the absolute path `destination` of the image in `tree`, as COPY does.

    Args:
        files: Where the sources are from.
        sources: Files, and folders whose contents are meant.
        tree: The image's root folder.
        destination: A folder when it ends with `/`, is one, or takes several sources.
        mode: Permission bits given to all that is copied; None keeps each file's own.
        link: True: share files by hard links (only between folders of the store, whose files never change).

    Raises:
        ImageError: Several sources go to one file, or a symbolic link stands in the way.
    """
    target = tree / destination.lstrip("/")
    into = destination.endswith("/") or target.is_dir()
    if len(sources) > 1 and not into:
        raise ImageError(f"several sources need a folder as destination: write {destination}/")
    place = _linked if link and mode is None else _copied(mode)
    make_folder(tree, str(Path(destination) if into else Path(destination).parent))
    for source in sources:
        if source.is_dir():
            make_folder(tree, str(PurePosixPath(destination).parent))
            _merge(files, source, target, place, mode)
        else:
            _replace(source, target / source.name if into else target, place, follow=True)


def make_folder(tree: Path, path: str) -> None:
    """Make the folder at the image's absolute `path`, mode 0755, with its parents.

    Raises:
        ImageError: A file or a symbolic link stands in the way (a link could lead out of the image).
    """
    folder = tree
    for part in PurePosixPath(path).relative_to("/").parts:
        folder /= part
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise ImageError(
                f"/{folder.relative_to(tree)} in the image is not a folder but a file or a symbolic link"
            )
        if not folder.exists():
            folder.mkdir()
            folder.chmod(0o755)


def _merge(
    files: Files, source: Path, target: Path, place: Callable[[Path, Path], None], mode: int | None
) -> None:
    if place is _linked and not os.path.lexists(target):
        subprocess.run(["cp", "-a", "--link", str(source), str(target)], check=True)  # the same, much faster
        return
    if target.is_symlink() or not target.is_dir():
        target.unlink(missing_ok=True)
        target.mkdir()
    target.chmod(stat.S_IMODE(source.stat().st_mode) if mode is None else mode)
    for child in files.children(source):
        if child.is_dir() and not child.is_symlink():
            _merge(files, child, target / child.name, place, mode)
        else:
            _replace(child, target / child.name, place, follow=False)


def _replace(source: Path, target: Path, place: Callable[[Path, Path], None], *, follow: bool) -> None:
    """Put a file at `target`; what was there is unlinked, never written to: other images may share it."""
    if target.is_dir() and not target.is_symlink():
        raise ImageError(f"{source.name}: a folder of the image has that name")
    target.unlink(missing_ok=True)
    if source.is_symlink() and not follow:
        target.symlink_to(source.readlink())
    else:
        place(source.resolve(), target)


def _linked(source: Path, target: Path) -> None:
    os.link(source, target)


def _copied(mode: int | None) -> Callable[[Path, Path], None]:
    def place(source: Path, target: Path) -> None:
        shutil.copy2(source, target)
        if mode is not None:
            target.chmod(mode)

    return place
