"""An image's tag follows from its content, and from nothing else."""

import os
import shutil
from pathlib import Path

import pytest

from components.model.image_contract import airflow_version, builder_error, content_tag


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project of the shape that the image is made from."""
    folder = tmp_path / "project"
    for name, text in {"docker/Dockerfile": "FROM x", "dags/a.py": "a", "plugins/README.md": "p"}.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
    return folder


def test_the_same_content_has_the_same_tag_everywhere(project: Path, tmp_path: Path) -> None:
    """Place, times and caches do not count, nor what lies outside the build context."""
    tag = content_tag(project, ["x"])
    elsewhere = shutil.copytree(project, tmp_path / "elsewhere")
    os.utime(elsewhere / "dags" / "a.py", (0, 0))
    for name in ("dags/__pycache__/a.pyc", "docker/.ruff_cache/x", "dags/.env", "README.md", "model/x.py"):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text("noise")
    assert content_tag(elsewhere, ["x"]) == tag
    assert len(tag) == 16
    assert int(tag, 16) >= 0


def _write(project: Path) -> None:
    (project / "dags" / "a.py").write_text("other")


def _rename(project: Path) -> None:
    (project / "dags" / "a.py").rename(project / "dags" / "b.py")


def _add(project: Path) -> None:
    (project / "plugins" / "new.py").write_text("")


def _make_executable(project: Path) -> None:
    (project / "docker" / "Dockerfile").chmod(0o755)


def _move_a_letter(project: Path) -> None:
    (project / "dags" / "a.py").rename(project / "dags" / "a.p")
    (project / "dags" / "a.p").write_text("ya")


@pytest.mark.parametrize("change", [_write, _rename, _add, _make_executable, _move_a_letter])
def test_every_change_of_content_changes_the_tag(project: Path, change: object) -> None:
    """Text, name, number and mode of the files all count."""
    before = content_tag(project)
    assert callable(change)
    change(project)
    assert content_tag(project) != before


def test_build_arguments_count_in_their_order(project: Path) -> None:
    """Another base image, other certificates, or another processor make another image."""
    tags = {content_tag(project, args) for args in ([], ["a"], ["a", "b"], ["b", "a"], ["ab"], ["a", ""])}
    assert len(tags) == 6


def test_the_order_in_which_files_are_found_does_not_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file system lists a folder in an order of its own."""
    _add(project)
    before = content_tag(project)
    usual = Path.rglob

    def backwards(folder: Path, pattern: str) -> list[Path]:
        return sorted(usual(folder, pattern), reverse=True)

    monkeypatch.setattr(Path, "rglob", backwards)
    assert content_tag(project) == before


def test_airflows_version_comes_from_the_lock(project: Path) -> None:
    """And from nowhere else."""
    lock = project / "docker" / "requirements.lock"
    lock.write_text("apache-airflow-core==9\napache-airflow==3.1.4 \\\n    --hash=x\n")
    assert airflow_version(project) == "3.1.4"
    lock.write_text("apache-airflow-core==9\n")
    assert airflow_version(project) == ""
    lock.unlink()
    assert airflow_version(project) == ""


def test_a_builder_makes_what_it_runs_or_emulates() -> None:
    """Else the build would end with "exec format error" minutes later."""
    assert builder_error("x86_64", "x86_64", []) is None
    assert builder_error("aarch64", "x86_64", ["arm", "aarch64"]) is None
    error = builder_error("aarch64", "x86_64", ["arm"])
    assert error is not None
    assert "this machine (x86_64) cannot build an image for aarch64" in error
    assert "--install arm64" in error
