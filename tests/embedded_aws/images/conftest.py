"""A store of the test's own, and a project to build images from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from embedded_aws import images
from embedded_aws.images.plan import plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass
class Project:
    """A build context; `lines` is what its builds logged."""

    folder: Path
    lines: list[str] = field(default_factory=list[str])

    def write(self, **files: str) -> None:
        """Write files; `app__main_py` names `app/main.py`."""
        for name, text in files.items():
            path = self.folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def build(self, dockerfile: str, target: str | None = None, **build_args: str) -> images.Image:
        """Build this Dockerfile."""
        self.lines.clear()
        place = self._dockerfile(dockerfile)
        log = self.lines.append
        return images.build(
            context=self.folder, dockerfile=place, build_args=build_args, target=target, log=log
        )

    def fingerprint(self, dockerfile: str, build_args: Mapping[str, str] | None = None) -> str:
        """Return the hash of all that the image of this Dockerfile would be made from."""
        dockerfile_path = self._dockerfile(dockerfile)
        return plan(
            context=self.folder, dockerfile=dockerfile_path, build_args=build_args or {}, target=None
        ).key

    def done(self) -> list[str]:
        """Return the instructions that the last build executed, without line and seconds."""
        return [line.split(": ", 1)[1].rsplit(" (", 1)[0] for line in self.lines]

    def _dockerfile(self, text: str) -> Path:
        path = self.folder.with_name(f"{self.folder.name}.Dockerfile")
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep every test's images apart from each other's and from the user's."""
    monkeypatch.setenv("EMBEDDED_AWS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty build context."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
