"""What an image is built from, the commit of its sources, and the builder's architecture."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import pulumi

from ..base.lookups import UnusableError
from ..model import image_contract as image
from ..model.image import build_args, context
from ..model.image.revision import UnknownRevisionError, revision
from ..model.settings.dag_settings import DagSourceKind
from ..model.settings.errors import at, name_of
from ..model.settings.settings import Architecture, Settings

MACHINES = {Architecture.X86_64: "x86_64", Architecture.ARM64: "aarch64"}
"""The processors as `uname -m` names them."""
EMULATORS = Path("/proc/sys/fs/binfmt_misc")
"""Which foreign programs the kernel runs: https://docs.kernel.org/admin-guide/binfmt-misc.html."""
ELSEWHERE = ("DOCKER_HOST", "DOCKER_CONTEXT")
"""Variables by which Docker builds on another machine."""


@dataclass(frozen=True, kw_only=True)
class BuildArgs:
    """What an image is built from."""

    project: Path
    """The project's folder, with dags/ and plugins/; see `context` for the build context that it gives."""
    build_args: Mapping[str, str]
    """Arguments of docker/Dockerfile; all of them show in the image."""
    architecture: Architecture
    """The processor that the image is for."""
    folders: Sequence[str] = image.CONTEXT_FOLDERS
    """Those of the project's folders whose files go into it."""

    @classmethod
    def of(cls, settings: Settings, project: Path) -> Self:
        """Give what the image of a project is built from.

        Raises:
            UnusableError: there is nothing to build, or this machine cannot build for the architecture.
        """
        with_dags = settings.dag.source is DagSourceKind.IMAGE
        if with_dags and not context.is_own(project) and not (project / image.DAG_FOLDER).is_dir():
            message = f"must name an image, or {project} hold {image.DAG_FOLDER}/ to build one; neither does"
            raise UnusableError([at("image.uri", message)])
        check_builder(settings.architecture)
        folders = image.context_folders(with_dags=with_dags)
        ca_file = settings.image.extra_ca_file
        return cls(
            project=project,
            build_args=build_args.build_args(
                settings,
                (project / ca_file).read_text() if ca_file else "",
                airflow_version=context.airflow_version(project),
                revision=_revision(project, context.sources(project, folders)),
            ),
            architecture=settings.architecture,
            folders=folders,
        )


def check_builder(architecture: Architecture) -> None:
    """Refuse an image that this machine's Docker cannot build; a remote Docker reports that itself.

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


def _revision(project: Path, folders: Sequence[str]) -> str:
    """Return the commit of the sources; empty where it is not known."""
    try:
        return revision(project, folders)
    except UnknownRevisionError:
        return ""
