"""Stops and starts the scheduler of a stack by its settings, so that a later `up` leaves it so."""

from typing import Final

from cli.change import change
from cli.errors import UsageError
from cli.stack import Stack

STOPPED: Final = "schedulerStopped"
OBSTACLES: Final = {
    "asleep": "is asleep: none of its services runs a task. Set asleep to false, and run `pulumi up` first",
    "singleTask": "has singleTask: the API server's task holds its scheduler. Set asleep to stop all of them",
}
"""Settings with which the scheduler alone can be neither stopped nor started."""


def set_stopped(stack: Stack, *, stopped: bool, wait_seconds: float) -> str:
    """Stop the scheduler, or start it again; return what to do next, as `change` does.

    Raises:
        UsageError: the stack is asleep, or its scheduler shares a task.
        SystemExit: as of `change`.
    """
    for key, obstacle in OBSTACLES.items():
        if stack.setting(key) == "true":
            raise UsageError(f"stack {stack.name} {obstacle}")
    what = f"{'stop' if stopped else 'start'} of the scheduler of {stack.name}"
    return change(stack, what, {STOPPED: "true" if stopped else None}, wait_seconds=wait_seconds)
