"""Copies of this checkout, and in them what belongs to its user: stack files, DAGs, plugins, packages."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "tests" / "shipped"
"""The user's files as they ship. Tests expect these; `make shipped` takes them from the checkout."""
STACK_FILES = "Pulumi.*.yaml"
FOLDERS = ("dags", "plugins")


def copy(folder: Path) -> None:
    """Copy what git would commit of this checkout."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, check=True, capture_output=True).stdout.split(b"\0"):
        source, target = ROOT / name.decode(), folder / name.decode()
        if name and source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def ship(folder: Path) -> None:
    """Put what ships in place of the user's files in a copy."""
    for file in folder.glob(STACK_FILES):
        file.unlink()
    for name in FOLDERS:
        shutil.rmtree(folder / name, ignore_errors=True)
    shutil.copytree(SHIPPED, folder, dirs_exist_ok=True)
