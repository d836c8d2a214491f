"""docs/conformance.md lists what tests hold; that AWS does so too, its documentation says, and no test."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.embedded_aws.conformance import behaviours, errors, page

RIGHT = {"operation": "ecs:StopTask", "says": "A task that is stopped ends."}

if TYPE_CHECKING:
    from pathlib import Path

    from tests.embedded_aws.conformance.behaviours import Behaviour


@pytest.fixture(scope="module")
def collected() -> list[Behaviour]:
    """All marks; a test that has one and is skipped is an error."""
    return behaviours.collected()


def test_the_page_matches_the_tests(collected: list[Behaviour]) -> None:
    """After a change of a mark or a reason: make docs."""
    assert page.PAGE.read_text() == page.page(collected)


def test_every_sentence_has_a_source_and_a_test(collected: list[Behaviour]) -> None:
    """A link to AWS's documentation or to the provider's source, and a function that exists."""
    assert collected
    for one in collected:
        assert behaviours.SOURCE.fullmatch(one.source)
        file, _, function = one.test.partition("::")
        assert f"def {function}(" in (behaviours.ROOT / file).read_text()


def test_every_error_of_the_reference_is_held_or_has_a_reason(collected: list[Behaviour]) -> None:
    """Of each operation that is called: a new one needs its errors decided on."""
    retained = errors.retained(collected)
    left = {pair for pair in errors.listed() if pair not in retained}
    assert {pair for pair in left if errors.reason(*pair) is None} == set()


def test_every_reason_is_that_of_an_error(collected: list[Behaviour]) -> None:
    """Each pattern of each rule is the first for an error that no test holds, so what is mended goes."""
    left = set(errors.listed()) - errors.retained(collected)
    reasons = {pair: errors.reason(*pair) for pair in left}
    for rule in errors.rules():
        mine = {pair for pair, found in reasons.items() if found == rule}
        unused = [
            pattern
            for pattern in rule.errors
            if not any(errors.Rule("", (pattern,)).covers(*pair) for pair in mine)
        ]
        assert unused == [], rule.why


WRONG: dict[str, dict[str, str]] = {
    "no operation": {"says": "A task ends.", "source": "https://docs.aws.amazon.com/x.html"},
    "an operation that does not exist": {"operation": "ecs:Nothing", "says": "A service ends."},
    "no sentence": {"operation": "ecs:StopTask"},
    "a source elsewhere": {**RIGHT, "source": "https://example.com/x"},
    "an error of another operation": {**RIGHT, "error": "NoSuchKey"},
    "another word": {**RIGHT, "because": "x"},
}


@pytest.mark.parametrize("mark", WRONG)
def test_a_mark_without_substance_is_refused(mark: str) -> None:
    """By name of the test, and of what is wrong."""
    with pytest.raises(ValueError, match=r"^test_it: @pytest\.mark\.conformance has a wrong"):
        list(behaviours.of(_marked(WRONG[mark])))
    assert list(behaviours.of(_marked(RIGHT)))


def _marked(words: dict[str, str]) -> Any:
    mark = SimpleNamespace(args=(), kwargs=words)

    def iter_markers(_name: str) -> list[Any]:
        return [mark]

    return SimpleNamespace(nodeid="test_it", iter_markers=iter_markers)


def test_a_wrong_mark_stops_the_collection(tmp_path: Path) -> None:
    """Before any test runs."""
    done = _run(tmp_path, "@pytest.mark.conformance()\ndef test_it() -> None:\n    pass\n")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR


def test_what_holds_a_sentence_is_never_skipped(tmp_path: Path) -> None:
    """A skip of such a test, wherever it is, is a failure."""
    mark = '@pytest.mark.conformance(operation="ecs:StopTask", says="A task that is stopped ends.")\n'
    done = _run(tmp_path, f"{mark}def test_it() -> None:\n    pytest.skip('not today')\n")
    assert done.returncode == pytest.ExitCode.TESTS_FAILED
    assert "1 failed" in done.stdout


def _run(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """Run a test under the conftest of the embedded account's tests."""
    (folder / "conftest.py").write_text("from tests.embedded_aws.conftest import *  # noqa: F403\n")
    (folder / "test_one.py").write_text(f"import pytest\n\n{test}")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = conformance\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "0", str(folder)]
    return subprocess.run(command, cwd=behaviours.ROOT, check=False, capture_output=True, text=True)
