"""Stacks that commands find deployed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.deployed import Deployed, deployed


@pytest.fixture
def stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Deployed]:
    """A stack in an account of moto's."""
    with deployed(tmp_path, monkeypatch, capsys) as found:
        yield found
