"""A stack in Pulumi's Automation API."""

import os
import sys
from pathlib import Path

from pulumi.automation import CommandError, LocalWorkspace, Stack

__all__ = ["CommandError", "select"]


def select(name: str, folder: Path) -> Stack:
    """Find a stack; it does not become the one that the user's next `pulumi up` takes.

    Raises:
        CommandError: Pulumi cannot read it.
    """
    # This interpreter first: an installed policy pack names no environment, and has its packages from there.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return Stack.select(name, _Workspace(work_dir=str(folder), env_vars={"PATH": path}))


class _Workspace(LocalWorkspace):
    def select_stack(self, stack_name: str) -> None:
        """Check that there is such a stack, which `pulumi stack select` would also select."""
        self._run_pulumi_cmd_sync(["stack", "--stack", stack_name])
