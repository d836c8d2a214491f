"""A project of a user's own: a few files that use this package, at the version that one of them names."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname
from zipfile import is_zipfile

from cli.errors import UsageError

DISTRIBUTION: Final = "airflow-ecs"
EXTRAS: Final = "[embedded-aws,test]"
WHEEL: Final = re.compile(r"airflow_ecs-[^-/]+-py3-none-any\.whl")
WHEELS: Final = "wheels"
"""The folder of a project with a wheel that has no address."""
TEMPLATE: Final = Path(__file__).resolve().parent / "template"
CI: Final = (".github/actions", ".github/workflows", ".github/destroy-pull-request-stack")
"""What a project has of ours as it is, but for the workflow that its template has."""
ROOT: Final = TEMPLATE.parents[1]
NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""https://www.pulumi.com/docs/iac/concepts/projects/project-file/"""
NAMESPACES: Final = frozenset({"aws", "pulumi", "random"})
"""Whose keys in a stack's file are not the project's."""
REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
LEFT_OUT: Final = "__pycache__"


@dataclass(frozen=True)
class Requirement:
    """How a project names this package.

    Attributes:
        line: of its requirements.txt.
        wheel: the file to copy into it, which has no address; None: it has one.
    """

    line: str
    wheel: Path | None = None


def create(folder: Path, *, name: str, region: str, wheel: str) -> list[str]:
    """Write a project into a folder that is empty, or does not exist; all of it or nothing.

    Args:
        folder: where.
        name: Pulumi's name of it; empty: that of the folder.
        region: of its stacks at AWS.
        wheel: the file or address that it installs this package from; empty: what is installed here.

    Returns:
        what was written, relative to the folder.

    Raises:
        UsageError: the folder holds something, a name is not Pulumi's or AWS's, or there is no such wheel.
    """
    name = name or folder.resolve().name
    _check(folder, name, region)
    requirement = _given(wheel) if wheel else installed()
    values = {"@NAME@": name, "@REGION@": region, "@REQUIREMENT@": requirement.line}
    files = dict(_files(values))
    if requirement.wheel:
        files[f"{WHEELS}/{requirement.wheel.name}"] = (requirement.wheel.read_bytes(), False)
    _write(folder, files)
    return [*files]


def installed() -> Requirement:
    """Name what is installed here as it was installed: by the address of a wheel, from a file, from an index.

    https://packaging.python.org/en/latest/specifications/direct-url/

    Raises:
        UsageError: a checkout is installed, which has no address; or nothing is.
    """
    try:
        found = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise UsageError(_unknown("airflow-ecs is not installed here")) from None
    text = found.read_text("direct_url.json")
    if text is None:
        return Requirement(f"{DISTRIBUTION}{EXTRAS}=={found.version}")
    origin: dict[str, Any] = json.loads(text)
    url: str = origin["url"]
    archive: dict[str, Any] | None = origin.get("archive_info")
    if archive is None:
        raise UsageError(_unknown(f"{urlsplit(url).path} is installed here, which is no wheel"))
    if url.startswith("file:"):
        return _of_file(Path(url2pathname(urlsplit(url).path)))
    sha256 = archive.get("hashes", {}).get("sha256") or archive.get("hash", "").removeprefix("sha256=")
    return _of_url(f"{url.partition('#')[0]}#sha256={sha256}")


def _given(wheel: str) -> Requirement:
    return _of_url(wheel) if re.match(r"https?://", wheel) else _of_file(Path(wheel))


def _of_url(url: str) -> Requirement:
    if not re.fullmatch(rf"https://[^\s#]+/{WHEEL.pattern}#sha256=[0-9a-f]{{64}}", url):
        raise UsageError(
            "init: a wheel's address must be https://.../airflow_ecs-VERSION-py3-none-any.whl#sha256=HEX, by "
            f"which pip checks what it downloads; got {url}"
        )
    return Requirement(f"{DISTRIBUTION}{EXTRAS} @ {url}")


def _of_file(file: Path) -> Requirement:
    if not WHEEL.fullmatch(file.name) or not is_zipfile(file):
        raise UsageError(_unknown(f"{file} is no wheel of airflow-ecs"))
    return Requirement(f"./{WHEELS}/{file.name}{EXTRAS}", file)


def _unknown(why: str) -> str:
    return (
        f"init: {why}: name the wheel of a release, a file or an address, with --wheel. In a checkout "
        "`pip wheel --no-deps --wheel-dir dist .` makes one"
    )


def _check(folder: Path, name: str, region: str) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"init: {folder} must be empty, or not exist: nothing in it is overwritten")
    if not NAME.fullmatch(name) or name in NAMESPACES:
        raise UsageError(
            "init: a project's name must have up to 100 letters, digits, hyphens, underscores and periods, "
            f"begin with a letter or digit, and be none of {', '.join(sorted(NAMESPACES))}; got {name!r}. "
            "Give one with --name"
        )
    if not REGION.fullmatch(region):
        raise UsageError(f"init: --region must be a region of AWS, such as us-east-1; got {region!r}")


def _files(values: Mapping[str, str]) -> Iterator[tuple[str, tuple[bytes, bool]]]:
    """Give each file's name, content, and whether it can be executed."""
    theirs = {file.relative_to(TEMPLATE).as_posix(): file for file in _below(TEMPLATE)}
    ours = {file.relative_to(ROOT).as_posix(): file for part in CI for file in _below(ROOT / part)}
    for name, file in sorted((ours | theirs).items()):
        text = file.read_text()
        if name in theirs:
            for placeholder, value in values.items():
                text = text.replace(placeholder, value)
        yield name, (text.encode(), bool(file.stat().st_mode & 0o100))


def _below(path: Path) -> list[Path]:
    found = [path, *path.rglob("*")]
    return [file for file in found if file.is_file() and LEFT_OUT not in file.parts]


def _write(folder: Path, files: Mapping[str, tuple[bytes, bool]]) -> None:
    """Write them; where that fails, remove what was written."""
    was_there = folder.exists()
    try:
        for name, (content, executable) in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            if executable:
                file.chmod(file.stat().st_mode | 0o111)
    except BaseException as error:
        for path in folder.iterdir() if folder.is_dir() else ():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if not was_there and folder.is_dir():
            folder.rmdir()
        if isinstance(error, OSError):
            raise UsageError(f"init: {folder} cannot be written: {error.strerror or error}") from None
        raise
