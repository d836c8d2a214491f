"""The workflows under .github, as data."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".github" / "workflows"
NAMES = sorted(file.stem for file in FOLDER.glob("*.yml"))


def read(name: str) -> dict[str, Any]:
    """Read a workflow; YAML 1.1 takes its `on` for true."""
    found: dict[Any, Any] = yaml.safe_load((FOLDER / f"{name}.yml").read_text())
    return {("on" if key is True else key): value for key, value in found.items()}


def steps(name: str, job: str) -> list[dict[str, Any]]:
    """Give the steps of a job."""
    return read(name)["jobs"][job]["steps"]
