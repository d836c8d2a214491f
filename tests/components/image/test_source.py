"""What is told of the sources and of the builder; git is real."""

import subprocess
from pathlib import Path

import pytest

from components.base.lookups import UnusableError
from components.image import source
from components.model.settings.settings import Architecture


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
    assert source.revision(project) == git(project, "rev-parse", "HEAD~1")


def test_the_revision_is_unknown_where_no_commit_holds_what_is_built(project: Path, tmp_path: Path) -> None:
    """Changes that are not committed, a clone without history, no repository."""
    shallow = tmp_path / "shallow"
    git(project, "clone", "--quiet", "--depth", "1", f"file://{project}", str(shallow))
    assert source.revision(shallow) == ""
    (project / "dags/a.py").write_text("two")
    assert source.revision(project) == ""
    bare = tmp_path.parent / "no-repository"
    bare.mkdir()
    assert source.revision(bare) == ""


@pytest.mark.skipif(source.sys.platform != "linux", reason="elsewhere Docker runs in a machine of its own")
def test_a_machine_without_the_processor_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Unless it emulates it, or another machine builds."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setattr(source, "EMULATORS", tmp_path)
    monkeypatch.setattr(source.platform, "machine", lambda: "x86_64")
    source.check_builder(Architecture.X86_64)
    with pytest.raises(UnusableError, match="cannot build an image for aarch64"):
        source.check_builder(Architecture.ARM64)
    (tmp_path / "qemu-aarch64").touch()
    source.check_builder(Architecture.ARM64)
    (tmp_path / "qemu-aarch64").unlink()
    monkeypatch.setenv("DOCKER_HOST", "ssh://builder")
    source.check_builder(Architecture.ARM64)
