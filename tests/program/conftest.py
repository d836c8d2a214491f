"""Each shipped stack is run once for all tests."""

from collections.abc import Callable
from functools import cache

import pytest
from recording import Recording

from program import stacks


@pytest.fixture(scope="session")
def shipped() -> Callable[[str], Recording]:
    """Run a shipped stack, or recall how it went."""
    return cache(stacks.run_shipped)
