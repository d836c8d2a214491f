"""How tests wait for what takes its time."""

import time
from collections.abc import Callable
from typing import Any

import pytest

WAIT_SECONDS = 300
"""Says that something hangs; says nothing of how fast a machine is."""


def wait_for(what: str, look: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Look until there is something, and give it."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"after {seconds:.0f} s still not: {what}")
        time.sleep(0.5)
    return found
