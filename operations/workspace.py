"""Finds a stack through Pulumi's Automation API."""

import os
import shutil
import sys
from pathlib import Path
from typing import Final

from pulumi import automation as auto

PROJECT: Final = Path(__file__).resolve().parent.parent
VARIABLE: Final = "AIRFLOW_ECS_WORKSPACE"
"""Names the folder that commands use by default; `.local/env` sets it to that of this machine's cluster."""


def default() -> Path:
    """Return the folder with the project and stack files that a command uses unless it is given one."""
    return Path(os.environ.get(VARIABLE) or PROJECT)


def check(workspace: Path) -> None:
    """Check that commands of Pulumi can run in a folder.

    Raises:
        SystemExit: no Pulumi, or no project; one line with the remedy.
    """
    if not (workspace / "Pulumi.yaml").is_file():
        sys.exit(f"{workspace} has no Pulumi.yaml: name the project's folder with --workspace")
    if shutil.which("pulumi") is None:
        sys.exit("no pulumi on PATH: install it, or take the one of this machine's cluster (. .local/env)")


def select(stack: str, workspace: Path = PROJECT) -> auto.Stack:
    """Select an existing stack.

    Args:
        stack: its name.
        workspace: the folder with `Pulumi.yaml` and the stack's file.

    Raises:
        SystemExit: no Pulumi, no project, or no such stack; one line with the remedy.
    """
    check(workspace)
    try:
        return auto.select_stack(stack, work_dir=str(workspace))
    except auto.StackNotFoundError:
        sys.exit(f"there is no stack {stack}: make it with `pulumi stack init {stack}`")
    except auto.CommandError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        sys.exit(f"stack {stack} cannot be selected: {reason}")
