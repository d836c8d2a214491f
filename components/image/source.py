"""What the machine that builds the image tells of the sources and of itself."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pulumi

from ..base.lookups import UnusableError
from ..model import image_contract as image
from ..model.settings.errors import at, name_of
from ..model.settings.settings import Architecture

MACHINES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
"""The processors as `uname -m` names them."""
EMULATORS = Path("/proc/sys/fs/binfmt_misc")
"""Which foreign programs the kernel runs: https://docs.kernel.org/admin-guide/binfmt-misc.html."""
ELSEWHERE = ("DOCKER_HOST", "DOCKER_CONTEXT")
"""Variables by which Docker builds on another machine."""


def revision(project: Path) -> str:
    """Give the last commit that changed what the image is made from.

    Empty where that is not known: no repository, a shallow clone, changes that are not committed.
    A commit that changes other files is none, so that it deploys no new image.
    """
    if _git(project, "rev-parse", "--is-shallow-repository") != "false":
        return ""
    if _git(project, "status", "--porcelain", "--", *image.CONTEXT_FOLDERS) != "":
        return ""
    return _git(project, "log", "-1", "--format=%H", "--", *image.CONTEXT_FOLDERS) or ""


def check_builder(architecture: Architecture) -> None:
    """Refuse an image that this machine's Docker cannot build; on another's, Docker itself says so.

    A preview only warns: it builds nothing, and the update may be made elsewhere.

    Raises:
        UnusableError: the processor is another one, and nothing emulates it.
    """
    if sys.platform != "linux" or any(os.environ.get(name) for name in ELSEWHERE):
        return
    emulated = [file.name.removeprefix("qemu-") for file in EMULATORS.glob("qemu-*")]
    if error := image.builder_error(MACHINES[architecture], platform.machine(), emulated):
        if not pulumi.runtime.is_dry_run():
            message = f"{error}. An existing image is named by {name_of('image.uri')}"
            raise UnusableError([at("architecture", message)])
        pulumi.log.warn(f"architecture {error}")


def _git(project: Path, *arguments: str) -> str | None:
    """Ask git; None where it has no answer."""
    try:
        done = subprocess.run(
            ["git", "-C", str(project), *arguments], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
