"""The files that an image is built from: a project's, and those of this package that it has none of."""

import hashlib
import re
import shutil
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ..image_contract import CONTEXT_FOLDERS, LEFT_OUT

FOLDER: Final = "docker"
DOCKERFILE: Final = "docker/Dockerfile"
REQUIREMENTS: Final = "requirements.txt"
"""Names the version of this package, and so what it adds to the image of a project."""
_PACKAGE: Final = Path(__file__).resolve().parents[2]
ADDED: Final = next((one for one in (_PACKAGE, _PACKAGE.parent) if (one / DOCKERFILE).is_file()), _PACKAGE)
"""The folder with the package's own docker/: within it where it is installed, beside it in a checkout."""


def is_own(project: Path) -> bool:
    """Say whether the image is all the project's: then it has a docker/Dockerfile."""
    return (project / DOCKERFILE).is_file()


def sources(project: Path, folders: Iterable[str] = CONTEXT_FOLDERS) -> tuple[str, ...]:
    """List what of a project its image depends on, relative to its folder."""
    return (*folders,) if is_own(project) else (*folders, REQUIREMENTS)


def files(project: Path, folders: Iterable[str] = CONTEXT_FOLDERS) -> dict[str, Path]:
    """Return the files of a build context by their names in it, sorted, without what tools leave there.

    Args:
        project: the folder that holds `folders`. Without a docker/Dockerfile it gets what it lacks of the
            package's docker/.
        folders: those of the context's folders whose files go into the image.
    """
    found = _files(project, sources(project, folders))
    if not is_own(project):
        found = _files(ADDED, [FOLDER]) | found
    return dict(sorted(found.items(), key=lambda item: item[0].split("/")))


def file(project: Path, name: str) -> Path:
    """Return a file of the build context, such as `docker/requirements.lock`; it need not exist."""
    own = project / name
    return own if is_own(project) or own.exists() else ADDED / name


def tag(project: Path, build_args: Iterable[str] = (), folders: Iterable[str] = CONTEXT_FOLDERS) -> str:
    """Name an image by what goes into it, so that the same content has the same tag on every machine.

    Args:
        project: as for `files`.
        build_args: strings that change the image in addition to the files.
        folders: as for `files`.

    Returns:
        Sixteen hexadecimal digits.
    """
    digest = hashlib.sha256()
    for text in build_args:
        digest.update(text.encode() + b"\0")
    for name, one in files(project, folders).items():
        digest.update(f"{name}\0{_executable(one)}\0".encode())
        digest.update(hashlib.sha256(one.read_bytes()).digest())
    return digest.hexdigest()[:16]


def airflow_version(project: Path) -> str:
    """Read Airflow's version from the image's lock file; empty where there is no such file or version."""
    lock = file(project, "docker/requirements.lock")
    text = lock.read_text() if lock.exists() else ""
    found = re.search(r"^apache-airflow==([^\s;]+)", text, re.MULTILINE)
    return "" if found is None else found[1]


@contextmanager
def folder(project: Path) -> Generator[Path]:
    """Give the folder to build in: the project, or a temporary one with the package's files and its own."""
    if is_own(project):
        yield project
        return
    with TemporaryDirectory(prefix="airflow-ecs-") as temporary:
        _copy(files(project), Path(temporary))
        yield Path(temporary)


def _copy(found: Mapping[str, Path], target: Path) -> None:
    """Copy files, readable for everybody: what runs in the container is another user."""
    for name in CONTEXT_FOLDERS:
        (target / name).mkdir()
    for name, one in found.items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(one, copy)
        copy.chmod(0o755 if _executable(one) else 0o644)
    for one in (target, *(path for path in target.rglob("*") if path.is_dir())):
        one.chmod(0o755)


def _executable(one: Path) -> bool:
    return bool(one.stat().st_mode & 0o100)


def _files(base: Path, names: Iterable[str]) -> dict[str, Path]:
    found = (one for name in names for one in ((base / name), *(base / name).rglob("*")))
    return {
        one.relative_to(base).as_posix(): one
        for one in found
        if one.is_file() and LEFT_OUT.isdisjoint(one.parts)
    }
