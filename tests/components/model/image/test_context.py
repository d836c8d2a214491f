"""An image's tag follows from its content, and from nothing else; the rest is the package's."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from components.model.image import context


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
    tag = context.tag(project, ["x"])
    elsewhere = shutil.copytree(project, tmp_path / "elsewhere")
    os.utime(elsewhere / "dags" / "a.py", (0, 0))
    for name in ("dags/__pycache__/a.pyc", "docker/.ruff_cache/x", "dags/.env", "README.md", "model/x.py"):
        (elsewhere / name).parent.mkdir(parents=True, exist_ok=True)
        (elsewhere / name).write_text("noise")
    assert context.tag(elsewhere, ["x"]) == tag
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
    before = context.tag(project)
    assert callable(change)
    change(project)
    assert context.tag(project) != before


def test_build_arguments_count_in_their_order(project: Path) -> None:
    """Another base image, other certificates, or another processor make another image."""
    tags = {context.tag(project, args) for args in ([], ["a"], ["a", "b"], ["b", "a"], ["ab"], ["a", ""])}
    assert len(tags) == 6


def test_the_order_in_which_files_are_found_does_not_count(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file system lists a folder in an order of its own."""
    _add(project)
    before = context.tag(project)
    usual = Path.rglob

    def backwards(folder: Path, pattern: str) -> list[Path]:
        return sorted(usual(folder, pattern), reverse=True)

    monkeypatch.setattr(Path, "rglob", backwards)
    assert context.tag(project) == before


def test_airflows_version_comes_from_the_lock(project: Path) -> None:
    """And from nowhere else."""
    lock = project / "docker" / "requirements.lock"
    lock.write_text("apache-airflow-core==9\napache-airflow==3.1.4 \\\n    --hash=x\n")
    assert context.airflow_version(project) == "3.1.4"
    lock.write_text("apache-airflow-core==9\n")
    assert context.airflow_version(project) == ""
    lock.unlink()
    assert context.airflow_version(project) == ""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A project without a docker/Dockerfile: what its image adds to Airflow is the package's."""
    folder = tmp_path / "small"
    for name in ("dags/a.py", "docker/extra-requirements.txt", "README.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("own")
    return folder


def test_a_project_has_the_packages_files_next_to_its_own(small: Path) -> None:
    """File by file, so that it need not copy what it does not change."""
    files = context.files(small)
    assert files["docker/extra-requirements.txt"] == small / "docker/extra-requirements.txt"
    assert files["docker/Dockerfile"] == context.ADDED / "docker/Dockerfile"
    assert context.file(small, "docker/requirements.lock") == files["docker/requirements.lock"]
    own = {name for name, file in files.items() if file.is_relative_to(small)}
    assert own == {"dags/a.py", "docker/extra-requirements.txt"}
    assert context.airflow_version(small) == context.airflow_version(context.ADDED)
    assert {*context.files(small, ["docker", "plugins"])} == {*files} - {"dags/a.py"}


def test_another_version_of_the_package_is_another_image(small: Path) -> None:
    """So that its commit, which the image names, is the last one that changed what it is made from."""
    before = context.tag(small)
    assert context.sources(small)[-1] == "requirements.txt"
    (small / "requirements.txt").write_text("airflow-ecs==2\n")
    assert context.tag(small) != before


def test_a_dockerfile_of_its_own_makes_all_of_the_image_the_projects(small: Path) -> None:
    """Nothing of the package gets in between, and the project itself is the build context."""
    (small / "docker" / "Dockerfile").write_text("FROM x")
    (small / "requirements.txt").write_text("airflow-ecs==2\n")
    assert {*context.files(small)} == {"docker/Dockerfile", "docker/extra-requirements.txt", "dags/a.py"}
    assert context.sources(small) == ("docker", "dags", "plugins")
    assert context.file(small, "docker/requirements.lock") == small / "docker/requirements.lock"
    with context.folder(small) as folder:
        assert folder == small


def test_what_is_built_from_can_be_read_by_the_user_of_the_container(small: Path) -> None:
    """Whatever umask the files were made with; and the folders that COPY names are there."""
    (small / "dags" / "a.py").chmod(0o600)
    with context.folder(small) as folder:
        found = {path for path in folder.rglob("*") if path.is_file()}
        assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in found} == {
            name: file.read_bytes() for name, file in context.files(small).items()
        }
        assert (folder / "plugins").is_dir()
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.rglob("*"))}
        assert modes == {0o755, 0o644}
        assert os.access(folder / "docker/bin/entrypoint", os.X_OK)
    assert not folder.exists()
