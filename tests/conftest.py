"""What holds for every test."""

import os

import pytest

# An f-string around an Output is only a warning, and its apology would be deployed as the value.
os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "1"

# The tests' own servers are on loopback, where no proxy finds them.
for variable in ("NO_PROXY", "no_proxy"):
    os.environ[variable] = f"{os.environ.get(variable, '')},127.0.0.1,127.0.0.0/8,localhost".strip(",")

LONGEST_FIRST = ("tests/engine", "tests/local/cluster", "tests/image")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the folders run side by side (`make test`): most of their time is waiting; each shares its servers.

    See https://pytest-xdist.readthedocs.io/en/stable/distribution.html on `--dist loadgroup`.
    """
    folders = {item: str(item.path.parent.relative_to(item.config.rootpath)) for item in items}
    order = {folder: place for place, folder in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: order.get(folders[item], len(order)))
    for item in items:
        item.add_marker(pytest.mark.xdist_group(folders[item]))
