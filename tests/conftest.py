"""What holds for every test."""

import os

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# An f-string around an Output is only a warning, and its apology would be deployed as the value.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"

# The tests' own servers are on loopback, where no proxy finds them.
for variable in ("NO_PROXY", "no_proxy"):
    os.environ[variable] = f"{os.environ.get(variable, '')},127.0.0.1,127.0.0.0/8,localhost".strip(",")

LONGEST_FIRST = ("tests/engine", "tests/containers", "tests/local/cluster", "tests/image")


class ByFolder(LoadScopeScheduling):
    """Lets folders run side by side, since most of their time is waiting; tests of one share its servers.

    https://pytest-xdist.readthedocs.io/en/stable/how-to.html
    """

    def _split_scope(self, nodeid: str) -> str:
        return folder(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    """Distribute whole folders."""
    return ByFolder(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with what takes longest."""
    order = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(folder(item.nodeid), len(order)))


def folder(nodeid: str) -> str:
    """Give the folder that a test lies in."""
    return nodeid.split("::", maxsplit=1)[0].rpartition("/")[0]
