"""`airflow-ecs` as CI calls it: a process of its own, without a terminal."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from pulumi import automation as auto

COMMAND = str(Path(sys.executable).parent / "airflow-ecs")


def run(
    stack: auto.Stack, action: str, *options: str, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command for a stack to its end."""
    return subprocess.run(
        arguments(stack, action, *options),
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=environment,
    )


def start(stack: auto.Stack, action: str, *options: str) -> subprocess.Popen[str]:
    """Start a command for a stack."""
    return subprocess.Popen(
        arguments(stack, action, *options),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def arguments(stack: auto.Stack, action: str, *options: str) -> list[str]:
    """Give the command's words."""
    return [COMMAND, action, "--stack", stack.name, "--workspace", stack.workspace.work_dir, *options]
