"""`airflow-ecs dags push --watch`, with a push that only notes what was there."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cli import dag_watch
from components.model.dag_sources.dag_archive import DagArchiveError


class Author:
    """Saves files between two looks, and sees what is pushed.

    Attributes:
        steps: what happens in the pause after each look; the end of them is Ctrl-C.
        pushed: the content of the file at each push.
    """

    def __init__(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.project, self.file = project, project / "dags" / "a.py"
        self.file.parent.mkdir()
        self.steps: list[Callable[[], object]] = []
        self.pushed: list[str] = []
        monkeypatch.setattr(time, "sleep", self._pause)

    def write(self, text: str) -> Callable[[], object]:
        """Save the file, in a later pause."""
        return lambda: self.file.write_text(text)

    def watch(self, *steps: Callable[[], object]) -> list[str]:
        """Watch while steps are made; what was pushed."""
        self.steps = [*steps]
        with pytest.raises(KeyboardInterrupt):
            dag_watch.watch(self.project, self._push)
        return self.pushed

    def _push(self) -> None:
        self.pushed.append(self.file.read_text())
        if self.pushed[-1] == "refused":
            sys.exit("dags/a.py:1: invalid syntax\nnothing was pushed")
        if self.pushed[-1] == "large":
            raise DagArchiveError("dags must hold at most 50 MiB")

    def _pause(self, _: float) -> None:
        if not self.steps:
            raise KeyboardInterrupt
        self.steps.pop(0)()


@pytest.fixture
def author(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Author:
    """An author with one DAG."""
    made = Author(tmp_path, monkeypatch)
    made.file.write_text("first")
    return made


def rest() -> None:
    """Save nothing."""


def test_each_save_is_pushed_once(author: Author) -> None:
    """The first time at once; then what changed, and nothing where nothing did."""
    assert author.watch(rest, author.write("second!"), rest, rest, rest) == ["first", "second!"]


def test_what_is_being_saved_is_pushed_when_it_is_done(author: Author) -> None:
    """One push of what an editor writes in several steps."""
    steps = [author.write(text) for text in ("1", "12", "123")]
    assert author.watch(*steps, rest, rest) == ["first", "123"]


def test_a_removed_and_a_new_file_are_changes(author: Author) -> None:
    """In folders too."""
    new = author.project / "dags" / "lib" / "b.py"

    def add() -> None:
        new.parent.mkdir()
        new.write_text("x")

    assert author.watch(rest, add, rest, new.unlink, rest, rest) == ["first"] * 3


@pytest.mark.parametrize(("text", "reason"), [("refused", "invalid syntax"), ("large", "at most 50 MiB")])
def test_a_refusal_is_shown_and_mended(
    author: Author, capsys: pytest.CaptureFixture[str], text: str, reason: str
) -> None:
    """Without an end of the watch."""
    assert author.watch(rest, author.write(text), rest, author.write("good"), rest, rest)[1:] == [
        text,
        "good",
    ]
    printed = capsys.readouterr().err
    assert reason in printed
    assert printed.count("waiting for a change") == 3
