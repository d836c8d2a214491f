"""Tests of a project's DAGs, run by pytest in its image: with the very packages that DAGs have on AWS."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.errors import UsageError
from cli.local import needed
from components.model.image import context
from components.model.image_contract import DAG_FOLDER, DOCKER_NAMES

TESTS: Final = "tests"
TAG: Final = "airflow-ecs/tests"
INSIDE: Final = "/project"
"""Where the project is in the container."""
PACKAGES: Final = "/pytest"
RUNNER: Final = "pytest"
PYTEST: Final = (
    f"import sys; sys.path.append({PACKAGES!r}); import pytest; "  # last: the image's own packages come first
    "sys.exit(pytest.main(['-p', 'no:cacheprovider', *sys.argv[1:]]))"
)
VARIABLES: Final = {
    "AIRFLOW__CORE__DAGS_FOLDER": f"{INSIDE}/{DAG_FOLDER}",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "sqlite:////tmp/airflow.db",
}
"""A database of its own, which is empty: what a test needs in it, it makes."""


def run(project: Path, arguments: Sequence[str], build_args: Sequence[str]) -> int:
    """Build the image of a project and run its tests in it; return the exit code of pytest.

    Args:
        project: with dags/ and tests/, which the container reads and cannot write.
        arguments: of pytest, in addition to the folder of the tests.
        build_args: of the image, `NAME=VALUE`.

    Raises:
        UsageError: there are no tests, or pytest is not installed.
        SystemExit: the image cannot be built, with Docker's exit code.
    """
    for folder in (DAG_FOLDER, TESTS):
        if not (project / folder).is_dir():
            raise UsageError(f"test: {project} has no {folder}/: name the project's folder with --project")
    with needed():
        from local import docker  # noqa: PLC0415 - only where the extra is installed
    with TemporaryDirectory(prefix="airflow-ecs-") as packages:
        copy_runner(Path(packages))
        command = docker.command()
        _build(command, project, build_args)
        return _run(command, project, Path(packages), arguments)


def _build(docker: str, project: Path, build_args: Sequence[str]) -> None:
    with context.folder(project) as folder:
        words = ["build", "--tag", TAG, "--file", folder / context.DOCKERFILE]
        words += ["--platform", f"linux/{DOCKER_NAMES.get(platform.machine(), platform.machine())}"]
        # The DAGs are mounted: a changed one builds nothing.
        for pair in ("DAG_SOURCE=bundle", *build_args):
            words += ["--build-arg", pair]
        done = subprocess.run([docker, *words, folder], check=False, stdout=sys.stderr)
    if done.returncode:
        raise SystemExit(done.returncode)


def _run(docker: str, project: Path, packages: Path, arguments: Sequence[str]) -> int:
    mounts = {project / folder: f"{INSIDE}/{folder}" for folder in (DAG_FOLDER, TESTS)} | {packages: PACKAGES}
    words = ["run", "--rm", "--read-only", "--user", f"{os.getuid()}:0", "--workdir", INSIDE]
    for source, target in mounts.items():
        words += ["--volume", f"{source}:{target}:ro"]
    for name, value in VARIABLES.items():
        words += ["--env", f"{name}={value}"]
    words += ["--entrypoint", "python", TAG, "-c", PYTEST, TESTS, *arguments]
    return subprocess.run([docker, *words], check=False).returncode


def copy_runner(folder: Path) -> None:
    """Copy pytest and what it needs, nothing else that is installed: what the image lacks must stay missing.

    Raises:
        UsageError: it is not installed.
    """
    folder.chmod(0o755)
    waiting, seen = [RUNNER], set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise UsageError(
                f"test: {name} is not installed: it is part of airflow-ecs[test], the package with its extra"
            ) from None
        for file in found.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                copy = folder / file
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), copy)
        waiting += _required(found.requires or ())


def _required(lines: Sequence[str]) -> list[str]:
    """Name what a package needs here, without its extras."""
    from packaging.requirements import Requirement  # noqa: PLC0415 - pytest brings it

    wanted = map(Requirement, lines)
    return [one.name for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]
