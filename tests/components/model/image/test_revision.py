"""The commit that an image is labelled with; git is real."""

import subprocess
from pathlib import Path

import pytest

from components.model.image.revision import UnknownRevisionError, revision


def git(project: Path, *arguments: str) -> str:
    """Run git as somebody."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.check_output(["git", "-C", str(project), *who, *arguments], text=True).strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with one commit of an image, and another of something else."""
    git(tmp_path, "init", "--quiet")
    for file in ("docker/Dockerfile", "dags/a.py", "README.md"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("one")
        git(tmp_path, "add", file)
        git(tmp_path, "commit", "--quiet", "--message", file)
    return tmp_path


def test_the_revision_is_the_last_commit_that_changed_the_image(project: Path) -> None:
    """A commit to the documentation deploys no new image."""
    assert revision(project) == git(project, "rev-parse", "HEAD~1")


def test_the_revision_is_unknown_where_no_commit_holds_what_is_built(project: Path, tmp_path: Path) -> None:
    """Changes that are not committed, a clone without history, no repository."""
    shallow = tmp_path / "shallow"
    git(project, "clone", "--quiet", "--depth", "1", f"file://{project}", str(shallow))
    with pytest.raises(UnknownRevisionError, match="the clone is shallow"):
        revision(shallow)
    (project / "dags/a.py").write_text("two")
    with pytest.raises(UnknownRevisionError, match=r"not committed:\nM dags/a.py"):
        revision(project)
    bare = tmp_path.parent / "no-repository"
    bare.mkdir()
    with pytest.raises(UnknownRevisionError, match="not a git repository"):
        revision(bare)
