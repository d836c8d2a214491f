"""Changes the user's files as users do, each in a copy of this checkout, and runs the tests there.

    make survive                what needs no engine: `make unit` in each copy
    make survive FULL=--full    `make test` in one copy with all changes

A change that makes a test fail means that the test expects the text of a file that is not ours.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from tests.helpers import checkout

DAG: Final = """
from airflow.sdk import DAG
from airflow.providers.standard.operators.empty import EmptyOperator
with DAG( "ours" ): EmptyOperator( task_id='a' )
"""
"""Valid, and in no style of ours."""
PLUGIN: Final = """
from airflow.plugins_manager import AirflowPlugin
class Ours( AirflowPlugin ): name='ours'
"""


def set_in(file: Path, **settings: Any) -> None:
    """Set keys as `pulumi config set` does, which writes the file again."""
    stack = yaml.safe_load(file.read_text())
    stack["config"] |= {f"airflow-ecs:{key}": value for key, value in settings.items()}
    file.write_text(yaml.safe_dump(stack))


def stack_files(folder: Path) -> list[Path]:
    """List the stack files of a copy."""
    return sorted(folder.glob(checkout.STACK_FILES))


def set_worker_count(folder: Path) -> None:
    """Scale the workers of each stack that has some."""
    for file in stack_files(folder):
        if "CeleryExecutor" in file.read_text():
            set_in(file, workerCount="5")


def set_address_ranges(folder: Path) -> None:
    """Give each stack a network of the company's, and let its people in."""
    for file in stack_files(folder):
        set_in(file, vpcCidr="10.99.0.0/16", loadBalancerAllowedCidrs=["198.51.100.0/24"])


def add_code(folder: Path) -> None:
    """Add a DAG and a plugin."""
    (folder / "dags/ours.py").write_text(DAG)
    (folder / "plugins/ours.py").write_text(PLUGIN)


def add_packages(folder: Path) -> None:
    """Add a Python package and a Debian package to the image."""
    for name, package in (("extra-requirements", "cowsay==6.1"), ("extra-os-packages", "tree")):
        with (folder / f"docker/{name}.txt").open("a") as file:
            file.write(f"{package}\n")


def set_prefix(folder: Path) -> None:
    """Name all that is made otherwise."""
    for file in stack_files(folder):
        set_in(file, namePrefix="data")


def add_salt(folder: Path) -> None:
    """Keep secrets of the state under a passphrase, as `pulumi stack init` does."""
    for file in stack_files(folder):
        salt = "encryptionsalt: v1:Vc9JWvMd0xU=:v1:Yl0pYq7rQhUQw2qk:Z8m1s0aRr3m1l0Tt5v2c9w6x4y3z2A==\n"
        file.write_text(salt + file.read_text())


def empty_dags(folder: Path) -> None:
    """Delete the examples."""
    for file in sorted((folder / "dags").rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    (folder / "dags/ours.py").write_text(DAG)


EACH: Final[Mapping[str, Callable[[Path], None]]] = {
    "another worker count": set_worker_count,
    "own address ranges": set_address_ranges,
    "own DAG and plugin": add_code,
    "own packages": add_packages,
    "another prefix": set_prefix,
    "a salt in each stack file": add_salt,
    "dags/ emptied but for one file": empty_dags,
}


def change_everything(folder: Path) -> None:
    """Make all of these changes."""
    for change in EACH.values():
        change(folder)


TOGETHER: Final = "all of them"
CHANGES: Final[Mapping[str, Callable[[Path], None]]] = {**EACH, TOGETHER: change_everything}


def survives(change: Callable[[Path], None], folder: Path, command: list[str]) -> bool:
    """Tell whether the tests pass in a copy with a change; what they print goes to a file beside the copy."""
    checkout.copy(folder)
    change(folder)
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Ours"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    (folder / ".venv").symlink_to(checkout.ROOT / ".venv")
    cache = f"-o cache_dir={checkout.ROOT / '.pytest_cache'}"
    with folder.with_suffix(".log").open("w") as log:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"PYTEST_ADDOPTS": cache},
            check=False,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return done.returncode == 0


def main() -> None:
    """Make each change, and print what became of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.survival", description=__doc__)
    parser.add_argument("--full", action="store_true", help="run `make test` instead of `make unit`")
    parser.add_argument(
        "changes", nargs="*", choices=[*CHANGES, []], help=f"these; else each, with --full {TOGETHER!r}"
    )
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="survival-"))
    failed = 0
    for name in options.changes or ([TOGETHER] if options.full else EACH):
        folder = home / CHANGES[name].__name__
        started = time.monotonic()
        survived = survives(CHANGES[name], folder, ["make", "test" if options.full else "unit"])
        seconds = time.monotonic() - started
        end = "passed" if survived else f"FAILED, see {folder.with_suffix('.log')}"
        print(f"{name}: {end} ({seconds:.0f} s)", flush=True)
        failed += not survived
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
