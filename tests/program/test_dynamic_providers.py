"""What a stack's state names of this package's code stays importable: an older state deletes with it.

Pulumi keeps a dynamic provider in the state of each of its resources, as a pickled reference to its class,
and imports that to update, read or delete the resource. One that moved would leave stacks that no `up` can
change.
https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/python/lib/pulumi/dynamic/dynamic.py
"""

import base64
import pickletools
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest
from pulumi.dynamic import ResourceProvider, dynamic

ROOT: Final = Path(__file__).resolve().parents[2]
NAMED: Final = Path(__file__).parent / "golden" / "providers.txt"
"""Every class that a state may name: module in the package, and class. Lines are added, never removed."""
KNOWN: Final = NAMED.read_text().splitlines()


def _subclasses(of: type[ResourceProvider]) -> Iterator[type[ResourceProvider]]:
    for one in of.__subclasses__():
        yield one
        yield from _subclasses(one)


@pytest.fixture(scope="module")
def providers() -> list[type[ResourceProvider]]:
    """Import every module of the package, and list its providers."""
    for file in sorted((ROOT / "components").rglob("*.py")):
        import_module(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))
    return [one for one in _subclasses(ResourceProvider) if one.__module__.startswith("components.")]


def test_a_provider_stays_where_a_state_finds_it(providers: list[type[ResourceProvider]]) -> None:
    """A new one is added to the list; one that moves leaves its name behind, for the class as it is now."""
    now = {f"{one.__module__.removeprefix('components.')} {one.__qualname__}" for one in providers}
    assert now - {*KNOWN} == set(), f"a state names them from now on: add them to {NAMED}"


@pytest.mark.parametrize("name", KNOWN)
def test_what_a_state_names_can_be_imported(name: str) -> None:
    """Under the name that it had, wherever it is now."""
    module, _, provider = name.partition(" ")
    found = getattr(import_module(f"components.{module}"), provider)
    assert issubclass(found, ResourceProvider)


def test_a_state_has_no_code_but_these_names(providers: list[type[ResourceProvider]]) -> None:
    """A provider that was pickled by value would keep the code of the version that deployed it."""
    assert providers
    pulumi: Any = dynamic
    for one in providers:
        state = base64.b64decode(pulumi.serialize_provider(one()))
        strings = [text for _, text, _ in pickletools.genops(state) if isinstance(text, str)]
        assert strings == [one.__module__, one.__qualname__]
