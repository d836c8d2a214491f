"""Adds to the wheel what stands beside `components` in a checkout, all as parts of `airflow_ecs`.

In a checkout they are packages of their own, as Pulumi runs them. In the wheel all of it has one name, so
imports are rewritten.
https://hatch.pypa.io/latest/plugins/build-hook/custom/
"""

import re
import shutil
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES: Final = ("cli", "policy", "embedded_aws", "local")
NAMES: Final = {"components": "airflow_ecs", **{name: f"airflow_ecs.{name}" for name in PACKAGES}}
IMPORT: Final = re.compile(rf"^(\s*(?:from|import) )({'|'.join(NAMES)})\b", re.MULTILINE)
AS_THEY_ARE: Final = ("docker", ".github/actions", ".github/workflows", ".github/destroy-pull-request-stack")
"""What the image and the CI of a project are made from."""
TEMPLATE: Final = "cli/template"
"""Of a project; also as it is."""
LEFT_OUT: Final = ("pages", "packaging", "__pycache__", ".github/workflows/test.yml")
"""Of a checkout: generators of its pages, and this; its own tests."""
CONSTRAINTS: Final = "constraints.txt"
"""The versions that this one was tested with, of which a project installs those that it needs."""
LOCKED: Final = re.compile(r"^[\w.-]+==[^\\\n]*[^\\\s]", re.MULTILINE)
VIRTUALENV: Final = re.compile(r"^  options:\n    virtualenv: .*\n", re.MULTILINE)
"""Of the policy pack in a checkout."""


class OnePackage(BuildHookInterface[Any]):
    """Copies the packages with their imports under the wheel's name, and adds other files as they are."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them, unless the checkout itself is installed."""
        self._folder = Path(mkdtemp(prefix="airflow-ecs-wheel-"))
        if version == "editable":
            return
        added = {
            within: Path(self.root, within) for within in self._files(*PACKAGES, *AS_THEY_ARE, "config.py")
        }
        for within, source in added.items():
            if within.suffix in {".py", ".yaml"} and not is_as_it_is(within):
                added[within] = self._write(within, renamed(source.read_text()))
        locked = LOCKED.findall(Path(self.root, "requirements.lock").read_text())
        added[Path(CONSTRAINTS)] = self._write(Path(CONSTRAINTS), "".join(f"{line}\n" for line in locked))
        for within, source in added.items():
            build_data["force_include"][str(source)] = f"airflow_ecs/{within}"

    def _write(self, within: Path, text: str) -> Path:
        copy = self._folder / within
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(text)
        return copy

    def _files(self, *names: str) -> list[Path]:
        root = Path(self.root)
        found = (path for name in names for path in (root / name, *sorted((root / name).rglob("*"))))
        within = [path.relative_to(root) for path in found if path.is_file()]
        return [one for one in within if not {*one.parts, str(one)} & {*LEFT_OUT}]

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove the copies."""
        del version, build_data, artifact_path
        shutil.rmtree(self._folder)


def is_as_it_is(within: Path) -> bool:
    """Say whether a file, by its place in a checkout, is added without a change."""
    return any(within.is_relative_to(name) for name in (*AS_THEY_ARE, TEMPLATE))


def renamed(text: str) -> str:
    """Return a file of a checkout as the wheel has it."""
    return VIRTUALENV.sub("", IMPORT.sub(lambda found: found[1] + NAMES[found[2]], text))
