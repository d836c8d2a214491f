"""Copies of this checkout, and in them what belongs to its user: stack files, DAGs, plugins, packages."""

import filecmp
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "tests" / "shipped"
"""The user's files as they ship. Tests expect these; `make shipped` takes them from the checkout."""
STACK_FILES = "Pulumi.*.yaml"
FOLDERS = ("dags", "plugins")
PACKAGES = "docker/extra-*.txt"


def copy(folder: Path) -> None:
    """Copy what git would commit of this checkout."""
    for file in _files("."):
        _copy(ROOT / file, folder / file)


def ship(folder: Path) -> None:
    """Put what ships in place of the user's files in a copy."""
    for file in folder.glob(STACK_FILES):
        file.unlink()
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    for file in _shipped_files():
        _copy(SHIPPED / file, folder / file)


def is_as_shipped() -> bool:
    """Whether this checkout's user files are those that ship."""
    ours = _shipped_files()
    theirs = {Path(file) for file in _users_files()}
    return ours == theirs and all(filecmp.cmp(SHIPPED / file, ROOT / file, shallow=False) for file in ours)


def as_shipped(folder: Path) -> Path:
    """Give this checkout if its user has changed nothing, else a copy in a folder, with what ships."""
    if is_as_shipped():
        return ROOT
    copy(folder)
    ship(folder)
    return folder


def take() -> None:
    """Take the user's files of this checkout as those that ship."""
    files = _users_files()
    shutil.rmtree(SHIPPED)
    for file in files:
        _copy(ROOT / file, SHIPPED / file)


def _shipped_files() -> set[Path]:
    """List what ships; tests that import the examples leave compiled ones there."""
    files = [file for file in SHIPPED.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    return {file.relative_to(SHIPPED) for file in files}


def _users_files() -> list[str]:
    return _files(*FOLDERS, f":(glob){STACK_FILES}", f":(glob){PACKAGES}")


def _files(*paths: str) -> list[str]:
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    names = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target)


if __name__ == "__main__":
    take()
