"""`make lock`, whose files the image, the local environment and checkov's are made from."""

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SOURCES = ("Makefile", "pyproject.toml", "requirements.lock")
FOLDERS = ("docker", "tests/security")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that it reads and writes, elsewhere."""
    for name in SOURCES:
        shutil.copy(REPOSITORY / name, tmp_path)
    for name in FOLDERS:
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(REPOSITORY / ".venv")
    return tmp_path


def lock(folder: Path) -> None:
    """Run it without looking for newer versions."""
    command = ["make", "--old-file=setup", "lock", "UPGRADE="]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)


def locks(folder: Path) -> dict[str, str]:
    """Read every lock file."""
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.lock")}


def test_every_lock_is_what_make_lock_writes(copy: Path) -> None:
    """Nobody edited one by hand, or asked for a package without locking it."""
    before = locks(copy)
    assert len(before) == 5
    with (copy / "docker/requirements.in").open("a") as asked:
        asked.write("cowsay\n")
    lock(copy)
    after = locks(copy)
    assert [name for name in before if before[name] != after[name]] == ["docker/requirements.lock"]
    added = set(after["docker/requirements.lock"].splitlines()) - set(
        before["docker/requirements.lock"].splitlines()
    )
    assert [line for line in added if "==" in line and not line.startswith("cowsay==")] == []
