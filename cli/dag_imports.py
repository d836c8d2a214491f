"""Whether DAG files can be read: their syntax always, and in an Airflow where there is one."""

import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cli.errors import UsageError
from components.model.image_contract import files_of

VARIABLE: Final = "AIRFLOW_ECS_AIRFLOW_PYTHON"
"""Names an interpreter with the image's packages."""
TIMEOUT_SECONDS: Final = 300
IMPORT: Final = """
import json, sys
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
bag = BundleDagBag(sys.argv[1], bundle_path=Path(sys.argv[1]), bundle_name="dags-folder")
print("ERRORS " + json.dumps({str(file): error for file, error in bag.import_errors.items()}))
"""


def check(folder: Path, *, only_syntax: bool = False) -> tuple[list[str], str]:
    """Read the DAG files of a folder.

    Returns:
        what is wrong, a line for each file, and what was not checked; either may be empty.
    """
    if errors := _syntax_errors(folder):
        return errors, ""
    if only_syntax:
        return [], ""
    if not (python := os.environ.get(VARIABLE)):
        return [], (
            f"only the syntax was checked: to import the DAGs, name in {VARIABLE} a Python with the packages "
            "of docker/requirements.lock"
        )
    return _import_errors(folder, python), ""


def _syntax_errors(folder: Path) -> list[str]:
    errors: list[str] = []
    for file in files_of(folder.parent, [folder.name]):
        if file.suffix != ".py":
            continue
        try:
            compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None) or 1
            errors.append(f"{file.relative_to(folder.parent)}:{line}: {getattr(error, 'msg', error)}")
    return errors


def _import_errors(folder: Path, python: str) -> list[str]:
    """Import them as Airflow's DAG processor does, without its database."""
    with TemporaryDirectory() as home:
        settings = {"AIRFLOW_HOME": home, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        try:
            done = subprocess.run(
                [python, "-c", IMPORT, str(folder.resolve())],
                env={**os.environ, **settings},
                capture_output=True,
                text=True,
                check=False,
                timeout=TIMEOUT_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise UsageError(f"the DAGs cannot be imported with {python} ({VARIABLE}): {error}") from None
    answers = [line for line in done.stdout.splitlines() if line.startswith("ERRORS ")]
    if not answers:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise UsageError(f"the DAGs cannot be imported with {python} ({VARIABLE}): {last}")
    found: dict[str, str] = json.loads(answers[-1].removeprefix("ERRORS "))
    return [f"{folder.name}/{file}: {error.strip().splitlines()[-1]}" for file, error in found.items()]
