"""What a version of the DAGs is called, and what is in it."""

import gzip
import os
import shutil
from pathlib import Path

import pytest

from components.model.dag_sources import dag_archive
from components.model.dag_sources.dag_archive import DagArchive, DagArchiveError, Pointer, archive_of, extract


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with two DAG files."""
    folder = tmp_path / "project"
    (folder / "dags/package").mkdir(parents=True)
    (folder / "dags/a.py").write_text("a")
    (folder / "dags/package/ü.py").write_text("b")
    return folder


def test_the_same_files_are_the_same_version_everywhere(project: Path, tmp_path: Path) -> None:
    """Times, owners, caches and what else is in the project do not count."""
    version = archive_of(project).version
    elsewhere = shutil.copytree(project, tmp_path / "elsewhere")
    os.utime(elsewhere / "dags/a.py", (0, 0))
    (elsewhere / "dags/a.py").chmod(0o600)
    for name in ("dags/__pycache__/a.pyc", "dags/.env", "docker/Dockerfile"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_text("noise")
    assert archive_of(elsewhere).version == version
    # Recorded: a change of the format is another version of every stack's DAGs, although no DAG changed.
    assert version == "9fc9ae29ce5e1475fbf6cca37b7ce32032ab64eabc27490703cee47e903186ac"


def test_the_name_does_not_depend_on_the_machines_zlib(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others compress the same bytes to other ones."""
    version = archive_of(project).version
    usual = gzip.compress

    def compress(data: bytes, *, mtime: float) -> bytes:
        return usual(data, 1, mtime=mtime)

    monkeypatch.setattr(gzip, "compress", compress)
    assert archive_of(project).version == version


@pytest.mark.parametrize("change", ["text", "name", "mode", "file"])
def test_every_change_is_another_version(project: Path, change: str) -> None:
    """Text, name, permission to execute, and number of files."""
    before = archive_of(project).version
    file = project / "dags/a.py"
    match change:
        case "text":
            file.write_text("other")
        case "name":
            file.rename(project / "dags/c.py")
        case "mode":
            file.chmod(0o755)
        case _:
            (project / "dags/new.py").touch()
    assert archive_of(project).version != before


def test_an_archive_gives_the_files_back(project: Path, tmp_path: Path) -> None:
    """And none that is not its version's."""
    archive = archive_of(project)
    extract(archive, tmp_path)
    assert (tmp_path / "package/ü.py").read_text() == "b"
    other = DagArchive(archive.version, gzip.compress(b""))
    with pytest.raises(DagArchiveError, match=f"the archive of version {archive.version} has the hash e3b0c"):
        extract(other, tmp_path)


def test_what_is_too_large_is_refused_before_it_is_read(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As is a project without DAGs."""
    with (project / "dags/data.csv").open("wb") as file:
        file.truncate(3 << 20)
    monkeypatch.setattr(dag_archive, "MAX_BYTES", 2 << 20)
    with pytest.raises(DagArchiveError, match="must hold at most 2 MiB; it holds 3"):
        archive_of(project)
    with pytest.raises(DagArchiveError, match="there is no folder"):
        archive_of(tmp_path)


def test_a_pointer_is_read_as_it_was_written() -> None:
    """With whatever a later version of the program adds."""
    pointer = Pointer(version="1" * 64, pushed_at="2026-01-01T00:00:00+00:00", pushed_by="arn:x", message="ü")
    assert Pointer.of_json(pointer.to_json()) == pointer
    assert Pointer.of_json(b'{"version": "x", "later": 1}').version == "x"
    for text in (b"", b"[]", b"\xff"):
        with pytest.raises(DagArchiveError, match="dags/current is not a pointer"):
            Pointer.of_json(text)
