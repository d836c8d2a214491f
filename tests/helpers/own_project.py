"""A project of a user's own: what `init` of a wheel writes, in an environment without this checkout.

What the wheel needs is this environment's, but for this package: nothing is downloaded.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from tests.helpers import checkout

SINCE = "cli/new_project.py"
"""Which came with the first version that projects can be made with."""
BUILD = (
    "import sys\nfrom hatchling.builders.wheel import WheelBuilder\n"
    "print(*WheelBuilder(sys.argv[1]).build(directory=sys.argv[2], versions=['standard']))"
)
DEPENDENCIES = sysconfig.get_path("purelib")


def first_version() -> str:
    """Return the commit with which projects came; the present one where this clone does not have it."""
    command = ["git", "log", "--diff-filter=A", "--format=%H", "--", SINCE]
    found = subprocess.run(command, cwd=checkout.ROOT, check=True, capture_output=True, text=True)
    return (found.stdout.split() or ["HEAD"])[-1]


def wheel_of(commit: str, folder: Path) -> Path:
    """Build the wheel of a commit."""
    archive = ["git", "archive", "--format=tar", commit]
    done = subprocess.run(archive, cwd=checkout.ROOT, check=True, capture_output=True)
    with tarfile.open(fileobj=BytesIO(done.stdout)) as tar:
        tar.extractall(folder / "source", filter="data")
    return _built(folder)


def wheel_here(folder: Path, version: str) -> Path:
    """Build the wheel of what is checked out, changes that are not committed included, as another version."""
    checkout.copy(folder / "source")
    project = folder / "source" / "pyproject.toml"
    lines = [
        f'version = "{version}"' if line.startswith("version = ") else line
        for line in project.read_text().splitlines()
    ]
    project.write_text("\n".join(lines) + "\n")
    return _built(folder)


def _built(folder: Path) -> Path:
    command = [sys.executable, "-c", BUILD, folder / "source", folder / "built"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    shutil.rmtree(folder / "source")
    return Path(done.stdout.split()[-1])


@dataclass(frozen=True)
class OwnProject:
    """A project, and the environment that it runs in.

    Attributes:
        folder: the project's; it must not exist yet.
        variables: of its commands, in addition to those of this process.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def environment(self) -> dict[str, str]:
        """Variables of its commands: this checkout is not on their path."""
        inherited = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
        others = {key: value for key, value in self.variables.items() if key != "PYTHONPATH"}
        return inherited | others

    @property
    def command(self) -> Path:
        """Its `airflow-ecs`."""
        return self._installed / "bin" / "airflow-ecs"

    @property
    def package(self) -> Path:
        """Where the wheel is installed."""
        return self._site / "airflow_ecs"

    def make(self, wheel: Path, *options: str) -> None:
        """Install the wheel into a new environment, and write the project with its command."""
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", self._installed], check=True)
        (self._site / "dependencies.pth").write_text(f"{DEPENDENCIES}\n")
        self.install(wheel)
        done = self.run("init", str(self.folder), *options)
        assert done.returncode == 0, done.stderr
        (self.folder / ".venv").symlink_to(self._installed)

    def install(self, wheel: Path) -> None:
        """Install a wheel, instead of what is installed."""
        uv = Path(sys.executable).with_name("uv")
        command = [uv, "pip", "install", "--quiet", "--offline", "--no-deps", "--reinstall"]
        subprocess.run([*command, "--python", self._installed / "bin" / "python", wheel], check=True)

    def upgrade(self, wheel: Path) -> None:
        """Do what the README says: another version in one file, and install that."""
        (before,) = (self.folder / "wheels").iterdir()
        shutil.copy(wheel, self.folder / "wheels")
        before.unlink()
        file = self.folder / "requirements.txt"
        file.write_text(file.read_text().replace(before.name, wheel.name))
        self.install(wheel)

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run its `airflow-ecs` to the end."""
        return subprocess.run(
            [self.command, *words],
            cwd=self.folder if self.folder.exists() else self.folder.parent,
            env=self.environment | variables,
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def files(self) -> dict[str, bytes]:
        """Return what belongs to the user: all that is not made again."""
        made = {".venv", ".local", "__pycache__"}
        found = [path for path in self.folder.rglob("*") if path.is_file() and made.isdisjoint(path.parts)]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}

    @property
    def _installed(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}-environment")

    @property
    def _site(self) -> Path:
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self._installed / "lib" / version / "site-packages"
