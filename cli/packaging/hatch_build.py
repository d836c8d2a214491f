"""Adds the command and the policy pack to the wheel, as `airflow_ecs.cli` and `airflow_ecs.policy`.

In a checkout they and `components` are packages of their own, as Pulumi runs them. In the wheel all of it
has one name, so imports are rewritten.
https://hatch.pypa.io/latest/plugins/build-hook/custom/
"""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAMES: Final = {"components": "airflow_ecs", "cli": "airflow_ecs.cli", "policy": "airflow_ecs.policy"}
IMPORT: Final = re.compile(rf"^(\s*(?:from|import) )({'|'.join(NAMES)})\b", re.MULTILINE)
LEFT_OUT: Final = ("pages", "packaging", "__pycache__")
"""Of a checkout: generators of its pages, and this."""
VIRTUALENV: Final = re.compile(r"^  options:\n    virtualenv: .*\n", re.MULTILINE)
"""Of the policy pack in a checkout."""


class RenamedPackages(BuildHookInterface[Any]):
    """Copies the packages with their imports under the wheel's name."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the copies, unless the checkout itself is installed."""
        self._folder = Path(mkdtemp(prefix="airflow-ecs-wheel-"))
        if version == "editable":
            return
        for package in ("cli", "policy"):
            for file in sorted(Path(self.root, package).rglob("*")):
                within = file.relative_to(self.root)
                if file.suffix not in {".py", ".yaml"} or set(within.parts) & {*LEFT_OUT}:
                    continue
                copy = self._folder / within
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_text(renamed(file.read_text()))
                build_data["force_include"][str(copy)] = f"airflow_ecs/{within}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the copies."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder)


def renamed(text: str) -> str:
    """Return a file of a checkout as the wheel has it."""
    return VIRTUALENV.sub("", IMPORT.sub(lambda found: found[1] + NAMES[found[2]], text))
