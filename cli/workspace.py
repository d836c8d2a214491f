"""The folder with a project's `Pulumi.yaml` and stack files."""

import os
import shutil
from pathlib import Path
from typing import Any, Final

import yaml

from cli.errors import UsageError

VARIABLE: Final = "AIRFLOW_ECS_WORKSPACE"
"""Names the folder that commands use by default; `.local/env` sets it to that of this machine's cluster."""
PROJECT_FILE: Final = "Pulumi.yaml"


def default() -> Path:
    """Return the folder that a command uses unless it is given one.

    `AIRFLOW_ECS_WORKSPACE`, or as Pulumi does the current folder or the nearest one above it with a project.
    """
    return Path(named) if (named := os.environ.get(VARIABLE)) else nearest()


def nearest() -> Path:
    """Return the current folder, or the nearest one above it with a project if there is one."""
    here = Path.cwd()
    return next((one for one in (here, *here.parents) if (one / PROJECT_FILE).is_file()), here)


def check(workspace: Path) -> None:
    """Check that commands of Pulumi can run in a folder.

    Raises:
        UsageError: no Pulumi, or no project.
    """
    if not (workspace / PROJECT_FILE).is_file():
        raise UsageError(f"{workspace} has no Pulumi.yaml: name the project's folder with --workspace")
    if shutil.which("pulumi") is None:
        raise UsageError(
            "no pulumi on PATH: install it, or take the one of this machine's cluster (. .local/env)"
        )


def program(workspace: Path) -> Path:
    """Return the program's folder, with `dags/` and `docker/`: `main` of Pulumi.yaml, or the workspace."""
    return workspace / (_project(workspace).get("main") or "")


def project_name(workspace: Path) -> str:
    """Return the project's name, with which the keys of its configuration begin."""
    return str(_project(workspace).get("name", ""))


def _project(workspace: Path) -> dict[str, Any]:
    return yaml.safe_load((workspace / PROJECT_FILE).read_text()) or {}
