"""`airflow-ecs dags`: the versions of a stack's DAGs, without a deployment."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from components.base.aws_session import session
from components.base.dag_versions import DagVersions, PointerMovedError, Seen
from components.model.dag_sources.dag_archive import DagArchiveError, Pointer, archive_of, extract
from components.model.image_contract import DAG_FOLDER, files_of
from operations import dag_imports, stack
from operations.workspace import PROJECT

SHOWN = 12
"""Digits of a version that are printed, and enough to name it."""
MIN_DIGITS = 6


def add(commands: Any) -> list[argparse.ArgumentParser]:
    """Add the commands to the command line; those that still lack what all commands have."""
    parser = commands.add_parser("dags", help="the versions of the DAGs, where dagSource is bundle")
    actions = parser.add_subparsers(required=True)
    push_ = actions.add_parser("push", help="make the DAGs that are here the current version")
    push_.add_argument(
        "--project", type=Path, help="folder with dags/; default: the workspace, or this project"
    )
    push_.add_argument("--message", default="", help="why, for the history")
    push_.add_argument(
        "--no-import", action="store_true", help="check the syntax alone: the DAGs need what is not here"
    )
    history_ = actions.add_parser("history", help="list the versions that were current, newest first")
    rollback_ = actions.add_parser("rollback", help="make an earlier version the current one")
    rollback_.add_argument("version", nargs="?", default="", help="its first digits; default: the one before")
    pull_ = actions.add_parser("pull", help="write the files of a version into a folder")
    pull_.add_argument("folder", type=Path, metavar="DIR", help="a folder that is empty, or does not exist")
    pull_.add_argument("--version", default="", help="its first digits; default: the current one")
    action: dict[argparse.ArgumentParser, Callable[[argparse.Namespace, DagVersions], None]] = {
        push_: push,
        history_: history,
        rollback_: rollback,
        pull_: pull,
    }
    for one, do in action.items():
        one.set_defaults(action=_with_versions(do))
    return [*action]


def push(chosen: argparse.Namespace, versions: DagVersions) -> None:
    """Upload the DAGs, and point to them, unless one of them cannot be read.

    Raises:
        SystemExit: the DAGs are refused, or somebody else pushed meanwhile.
    """
    project: Path = chosen.project or (
        chosen.workspace if (chosen.workspace / DAG_FOLDER).is_dir() else PROJECT
    )
    archive = archive_of(project)
    errors, note = dag_imports.check(project / DAG_FOLDER, only_syntax=chosen.no_import)
    if errors:
        sys.exit("\n".join([*errors, "nothing was pushed"]))
    if note:
        sys.stderr.write(f"{note}\n")
    before = versions.current()
    if before and before.pointer.version == archive.version:
        print(f"version {archive.version[:SHOWN]} is the current one already")
        return
    versions.add(archive)
    _move(versions, archive.version, before, chosen.message)
    count = len(files_of(project, [DAG_FOLDER]))
    print(f"version {archive.version[:SHOWN]} of {count} files is the current one")


def history(_chosen: argparse.Namespace, versions: DagVersions) -> None:
    """Print what was pushed: version, time, identity, message."""
    for place, one in enumerate(versions.history()):
        mark = " " if place else "*"
        print(f"{mark} {one.version[:SHOWN]}  {one.pushed_at}  {one.pushed_by}  {one.message}".rstrip())


def rollback(chosen: argparse.Namespace, versions: DagVersions) -> None:
    """Point to an earlier version.

    Raises:
        SystemExit: there is no such version, or somebody else pushed meanwhile.
    """
    before, known = versions.current(), [*versions.history()]
    current = before.pointer.version if before else ""
    if chosen.version:
        version = _named(chosen.version, known)
    else:
        version = next((one.version for one in known if one.version != current), "")
    if not version or not versions.has(version):
        sys.exit("there is no version to go back to: see `airflow-ecs dags history`")
    if version == current:
        print(f"version {version[:SHOWN]} is the current one already")
        return
    _move(versions, version, before, f"rollback from {current[:SHOWN]}")
    print(f"version {version[:SHOWN]} is the current one")


def pull(chosen: argparse.Namespace, versions: DagVersions) -> None:
    """Write a version's files.

    Raises:
        SystemExit: there is no such version, or something is in the folder.
    """
    folder: Path = chosen.folder
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        sys.exit(f"{folder} must be empty, or not exist: its files would be mixed with those of the version")
    if chosen.version:
        version = _named(chosen.version, [*versions.history()])
    else:
        seen = versions.current()
        version = seen.pointer.version if seen else ""
    if not version or not versions.has(version):
        sys.exit("there is no such version: see `airflow-ecs dags history`")
    folder.mkdir(parents=True, exist_ok=True)
    extract(versions.read(version), folder)
    print(f"version {version[:SHOWN]} is in {folder}")


def _with_versions(
    do: Callable[[argparse.Namespace, DagVersions], None],
) -> Callable[[argparse.Namespace], None]:
    """Give a command the versions of its stack; what goes wrong ends it with one line."""

    def action(chosen: argparse.Namespace) -> None:
        found = stack.read(chosen.stack, chosen.workspace)
        bucket = found.outputs.get("dags_bucket")
        if not bucket:
            sys.exit(
                f"stack {chosen.stack} has its DAGs in the image: set dagSource bundle, and run `pulumi up`"
            )
        try:
            opened: Any = session(found.access, found.home_region)
            identity = opened.client("sts").get_caller_identity()["Arn"]
            do(chosen, DagVersions(opened.client("s3"), bucket, identity))
        except DagArchiveError as error:
            sys.exit(str(error))
        except (BotoCoreError, ClientError) as error:
            sys.exit(
                f"the DAGs of stack {chosen.stack} cannot be reached: {error}. Select credentials of its "
                "account with AWS_PROFILE, aws:profile or aws:assumeRoles"
            )

    return action


def _named(digits: str, known: Sequence[Pointer]) -> str:
    """Find a version by its first digits."""
    found = {one.version for one in known if one.version.startswith(digits)}
    if len(digits) < MIN_DIGITS or len(found) != 1:
        sys.exit(f"{digits} must be the first digits, {MIN_DIGITS} at least, of one version in the history")
    return found.pop()


def _move(versions: DagVersions, version: str, before: Seen | None, message: str) -> None:
    try:
        versions.move(version, before, message)
    except PointerMovedError:
        sys.exit("somebody else pushed just now: see `airflow-ecs dags history`, then try again")
