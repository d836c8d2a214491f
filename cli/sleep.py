"""Puts a stack to sleep and wakes it by its setting, so that a later `up` leaves it so."""

from typing import Final

from cli.change import change
from cli.stack import Stack

ASLEEP: Final = "asleep"


def set_asleep(stack: Stack, *, asleep: bool, wait_seconds: float) -> str:
    """Stop all services, or start them again; return what to do next, as `change` does.

    Raises:
        UsageError: there is no such stack.
        SystemExit: as of `change`.
    """
    what = f"{'sleep' if asleep else 'wake'} of {stack.name}"
    return change(stack, what, {ASLEEP: "true" if asleep else None}, wait_seconds=wait_seconds)
