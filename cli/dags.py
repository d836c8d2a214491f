"""The versions of a stack's DAGs, without a deployment."""

import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli import dag_imports
from cli.errors import UsageError
from cli.stack import Stack
from components.base.dag_versions import DagVersions, PointerMovedError, Seen
from components.model.dag_sources.dag_archive import DagArchiveError, Pointer, archive_of, extract
from components.model.image_contract import DAG_FOLDER, files_of

SHOWN = 12
"""Digits of a version that are printed, and enough to name it."""
MIN_DIGITS = 6


@contextmanager
def versions_of(stack: Stack) -> Generator[DagVersions]:
    """Open the versions of a stack's DAGs.

    Raises:
        UsageError: the stack has none, its bucket cannot be reached, or the DAGs are no archive's.
    """
    bucket = stack.outputs.get("dags_bucket")
    if not bucket:
        raise UsageError(
            f"stack {stack.name} has its DAGs in the image: set dagSource bundle, and run `pulumi up`"
        )
    try:
        with stack.at_aws(f"the DAGs of stack {stack.name} cannot be reached"):
            opened: Any = stack.session()
            identity = opened.client("sts").get_caller_identity()["Arn"]
            yield DagVersions(opened.client("s3"), bucket, identity)
    except DagArchiveError as error:
        raise UsageError(str(error)) from None


def push(project: Path, versions: DagVersions, *, message: str, only_syntax: bool) -> tuple[str, str]:
    """Upload the DAGs, and point to them, unless one of them cannot be read.

    Returns:
        the version, and a line about it.

    Raises:
        SystemExit: the DAGs are refused, or somebody else pushed meanwhile.
    """
    archive = archive_of(project)
    errors, note = dag_imports.check(project / DAG_FOLDER, only_syntax=only_syntax)
    if errors:
        sys.exit("\n".join([*errors, "nothing was pushed"]))
    if note:
        sys.stderr.write(f"{note}\n")
    before = versions.current()
    if before and before.pointer.version == archive.version:
        return archive.version, f"version {archive.version[:SHOWN]} is the current one already"
    versions.add(archive)
    _move(versions, archive.version, before, message)
    count = len(files_of(project, [DAG_FOLDER]))
    return archive.version, f"version {archive.version[:SHOWN]} of {count} files is the current one"


def history_lines(known: Sequence[Pointer]) -> Iterator[str]:
    """Write what was pushed: version, time, identity, message."""
    for place, one in enumerate(known):
        mark = " " if place else "*"
        yield f"{mark} {one.version[:SHOWN]}  {one.pushed_at}  {one.pushed_by}  {one.message}".rstrip()


def rollback(digits: str, versions: DagVersions) -> tuple[str, str]:
    """Point to an earlier version, by its first digits, or else to the one before.

    Returns:
        the version, and a line about it.

    Raises:
        UsageError: there is no such version.
        SystemExit: somebody else pushed meanwhile.
    """
    before, known = versions.current(), [*versions.history()]
    current = before.pointer.version if before else ""
    version = (
        _named(digits, known)
        if digits
        else next((one.version for one in known if one.version != current), "")
    )
    if not version or not versions.has(version):
        raise UsageError("there is no version to go back to: see `airflow-ecs dags history`")
    if version == current:
        return version, f"version {version[:SHOWN]} is the current one already"
    _move(versions, version, before, f"rollback from {current[:SHOWN]}")
    return version, f"version {version[:SHOWN]} is the current one"


def pull(folder: Path, digits: str, versions: DagVersions) -> str:
    """Write the files of a version, by its first digits, or else of the current one; return the version.

    Raises:
        UsageError: there is no such version, or something is in the folder.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"{folder} must be empty, or not exist: its files would be mixed with those of the version"
        )
    seen = versions.current()
    version = _named(digits, [*versions.history()]) if digits else seen.pointer.version if seen else ""
    if not version or not versions.has(version):
        raise UsageError("there is no such version: see `airflow-ecs dags history`")
    folder.mkdir(parents=True, exist_ok=True)
    extract(versions.read(version), folder)
    return version


def _named(digits: str, known: Sequence[Pointer]) -> str:
    """Find a version by its first digits."""
    found = {one.version for one in known if one.version.startswith(digits)}
    if len(digits) < MIN_DIGITS or len(found) != 1:
        raise UsageError(
            f"{digits} must be the first digits, {MIN_DIGITS} at least, of one version in the history"
        )
    return found.pop()


def _move(versions: DagVersions, version: str, before: Seen | None, message: str) -> None:
    try:
        versions.move(version, before, message)
    except PointerMovedError:
        sys.exit("somebody else pushed just now: see `airflow-ecs dags history`, then try again")
