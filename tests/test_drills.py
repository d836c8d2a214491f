"""When a drill is due, and what its report says: a repository with a drill that is one command."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import drills
from tests.drills import DRILLS, Drill, due, run

HERE = Path(__file__).parent
COVERED = "covered.txt"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One commit; the drill passes as long as the covered file says so."""
    monkeypatch.setattr(drills, "ROOT", tmp_path)
    command = (sys.executable, "-c", f"import sys; print('ran'); sys.exit('bad' in open('{COVERED}').read())")
    monkeypatch.setitem(DRILLS, "one", Drill("It holds.", (COVERED,), command))
    (tmp_path / COVERED).write_text("good")
    (tmp_path / "other.txt").write_text("")
    git(tmp_path, "init", "--quiet")
    commit(tmp_path)
    return tmp_path


def git(repository: Path, *words: str) -> None:
    """Run git there."""
    names = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    subprocess.run(["git", *names, *words], cwd=repository, check=True, capture_output=True)


def commit(repository: Path) -> None:
    """Commit all there is."""
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "x")


def test_a_drill_is_due_until_it_ran_and_again_once_what_it_covers_changed(repository: Path) -> None:
    """A change elsewhere, its own report included, makes it due no more."""
    assert due("one") == "never ran"
    assert run("one")
    commit(repository)
    (repository / "other.txt").write_text("changed")
    commit(repository)
    assert due("one") == ""
    (repository / COVERED).write_text("good as well")
    commit(repository)
    assert due("one").startswith("changed since ")
    assert due("one").endswith(f": {COVERED}")


def test_a_failed_drill_stays_due_and_its_report_shows_its_end(repository: Path) -> None:
    """Whoever reads it sees what was printed last."""
    (repository / COVERED).write_text("bad")
    commit(repository)
    assert not run("one")
    assert due("one").startswith("failed at ")
    report = (repository / "docs/drills/one.md").read_text()
    assert "- result: failed after 0 min" in report
    assert report.endswith("```\nran\n```\n")


def test_a_report_from_another_clone_makes_it_due(repository: Path) -> None:
    """Nothing can be compared with a commit that is not here."""
    assert run("one")
    report = repository / "docs/drills/one.md"
    report.write_text(drills.COMMIT.sub(f"- commit: {'0' * 40}", report.read_text()))
    assert due("one") == "000000000 is not in this clone"


def test_nothing_runs_before_what_it_covers_is_committed(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report would name a commit that has something else."""
    (repository / COVERED).write_text("good as well")
    monkeypatch.setattr(sys, "argv", ["drills", "one"])
    with pytest.raises(SystemExit, match=f"not committed, .*: {COVERED}; commit first"):
        drills.main()
    assert not (repository / "docs").exists()


@pytest.mark.parametrize("name", DRILLS)
def test_every_drill_covers_paths_that_are_there_and_has_something_to_run(name: str) -> None:
    """A path that was moved would never make it due again."""
    drill = DRILLS[name]
    assert [path for path in drill.covers if not (HERE.parent / path).exists()] == []
    marked = f'drill(name="{name}")'
    assert drill.command or any(marked in file.read_text() for file in HERE.rglob("test_*.py"))
