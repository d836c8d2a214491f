"""What holds for every test."""

import gc
import os
import signal

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.drills import DRILLS

# An f-string around an Output is only a warning, and its apology would be deployed as the value.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"

# The tests' own servers are on loopback, where no proxy finds them.
for variable in ("NO_PROXY", "no_proxy"):
    os.environ[variable] = f"{os.environ.get(variable, '')},127.0.0.1,127.0.0.0/8,localhost".strip(",")

# Tests send Ctrl-C, which a shell lets be ignored by what it starts in the background.
# https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html#tag_19_11
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

SLOWEST_FIRST = (
    "tests/local/cluster",
    "tests/containers",
    "tests/engine/test_deployments.py",
    "tests/engine/test_stacks.py",
    "tests/engine/test_updates.py",
    "tests/image",
    "tests/dags",
    "tests/engine/test_teardown.py",
    "tests/program",
    "tests/program/test_any_settings.py",
    "tests/cli",
)
HURRIED = SLOWEST_FIRST[:2]
PATIENCE = 5
"""How nice all others are to these: https://man7.org/linux/man-pages/man2/nice.2.html"""
FILES_APART = ("tests/engine/", "tests/program/test_any_settings.py")
"""Files that share nothing with others of their folder, so that they run side by side too."""
RENDERED = ("tests/program/", "tests/policy/", "tests/security/")
"""Folders that look at the same rendered stacks, which one process renders once for all."""


class ByServers(LoadScopeScheduling):
    """Lets folders run side by side, since most of their time is waiting; tests of one share its servers.

    https://pytest-xdist.readthedocs.io/en/stable/how-to.html
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServers:
    """Distribute what shares servers as a whole."""
    return ByServers(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse drills that nobody would run, and start with what takes longest."""
    for item in items:
        if (mark := item.get_closest_marker("drill")) and mark.kwargs.get("name") not in DRILLS:
            message = f"{item.nodeid}: {mark.kwargs} names no drill of tests/drills.py"
            raise pytest.UsageError(message)
    order = {name: place for place, name in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: order.get(scope(item.nodeid), len(order)))


def pytest_collection_finish() -> None:
    """Look for garbage rarely: half of the time to render a stack went into that.

    https://docs.python.org/3/library/gc.html#gc.freeze
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave the processor to the folders that take longest: the others fill their pauses."""
    if scope(item.nodeid) not in HURRIED and not os.nice(0):
        os.nice(PATIENCE)


def scope(nodeid: str) -> str:
    """Give the folder that a test shares things with, or its file where that shares nothing."""
    file = nodeid.split("::", maxsplit=1)[0]
    if file.startswith(FILES_APART):
        return file
    return (RENDERED[0] if file.startswith(RENDERED) else file).rpartition("/")[0]
