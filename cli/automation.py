"""A stack in Pulumi's Automation API."""

import os
import sys
from pathlib import Path
from typing import Final

from pulumi.automation import CommandError, LocalWorkspace, Stack

__all__ = ["CommandError", "select"]

PYTHON: Final = "PULUMI_PYTHON_CMD"
"""Names the interpreter of what has no environment of its own, as the policy pack of an installed package:
https://www.pulumi.com/docs/iac/cli/environment-variables/"""


def select(name: str, folder: Path) -> Stack:
    """Find a stack; it does not become the one that the user's next `pulumi up` takes.

    Raises:
        CommandError: Pulumi cannot read it.
    """
    variables = {PYTHON: os.environ.get(PYTHON, sys.executable)}
    return Stack.select(name, _Workspace(work_dir=str(folder), env_vars=variables))


class _Workspace(LocalWorkspace):
    def select_stack(self, stack_name: str) -> None:
        """Check that there is such a stack, which `pulumi stack select` would also select."""
        self._run_pulumi_cmd_sync(["stack", "--stack", stack_name])
