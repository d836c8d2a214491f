"""Interpreters with exactly what a lock names: those that DAGs run with in the image, and tests' tools."""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pipeline(report: Callable[[str], None]) -> Path:
    """The interpreter of the pipeline's tasks; `report` hears what is built."""
    return _named("AIRFLOW_ECS_PIPELINE_PYTHON") or built(ROOT / "docker/pipeline-requirements.lock", report)


def airflow(report: Callable[[str], None]) -> Path:
    """Airflow's interpreter; `report` hears what is built."""
    return _named("AIRFLOW_ECS_AIRFLOW_PYTHON") or built(ROOT / "docker/requirements.lock", report)


def users(report: Callable[[str], None]) -> Path:
    """Airflow's interpreter with the packages of `docker/extra-requirements.txt`, as the image has it."""
    extra = ROOT / "docker/extra-requirements.txt"
    named = any(line.strip() and not line.strip().startswith("#") for line in extra.read_text().splitlines())
    return built(ROOT / "docker/requirements.lock", report, extra) if named else airflow(report)


def _named(variable: str) -> Path | None:
    """The interpreter that the environment names."""
    named = os.environ.get(variable)
    if named and not Path(named).is_file():
        raise FileNotFoundError(f"{variable}={named} is no file: name a Python interpreter, or unset it.")
    return Path(named) if named else None


def built(lock: Path, report: Callable[[str], None], extra: Path | None = None) -> Path:
    """The interpreter of an environment with exactly `lock` in it, and `extra` where it fits; kept."""
    content = lock.read_bytes() + (extra.read_bytes() if extra else b"") + platform.python_version().encode()
    cache = Path(os.environ.get("AIRFLOW_ECS_CACHE") or Path.home() / ".cache/airflow-ecs")
    folder = cache / "venvs" / hashlib.sha256(content).hexdigest()[:16]
    folder.parent.mkdir(parents=True, exist_ok=True)
    finished = folder / "finished"
    with folder.with_suffix(".lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not finished.exists():
            report(f"{lock.relative_to(ROOT)}: installing into {folder}, once ...")
            _install(folder, lock, extra)
            finished.touch()
    return folder / "bin/python"


def _install(folder: Path, lock: Path, extra: Path | None) -> None:
    """Make the environment `folder` from `lock`, as the image does (`docker/install-extra-requirements`)."""
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
    sync = [uv, "pip", "sync", "--quiet", "--compile-bytecode", "--python", folder / "bin/python"]
    subprocess.run([*sync, "--require-hashes", lock], check=True)
    if extra:
        add = [uv, "pip", "install", "--quiet", "--python", folder / "bin/python", "--no-verify-hashes"]
        subprocess.run([*add, "--constraint", lock, "--requirement", extra], check=True)
