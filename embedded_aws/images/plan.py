"""From a Dockerfile and its context to layers with keys, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.images import dockerfile as syntax
from embedded_aws.images.context import build_context
from embedded_aws.images.errors import DockerfileError
from embedded_aws.images.instructions import Build, apply
from embedded_aws.images.layers import Layer, hash_of, machine
from embedded_aws.images.manifest import architecture

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """What a build makes; `unused` names build arguments that no ARG declares."""

    layer: Layer
    config: dict[str, Any]
    unused: frozenset[str]

    @property
    def key(self) -> str:
        """A hash of all that the image is made from, known without building."""
        return hash_of(self.layer.key, self.config)


def plan(*, context: Path, dockerfile: Path, build_args: Mapping[str, str], target: str | None) -> Plan:
    """Read the Dockerfile and hash what it copies.

    Args:
        context: The folder that COPY takes from.
        dockerfile: The Dockerfile.
        build_args: Values of ARGs.
        target: Name or number of the stage wanted; None: the last.

    Raises:
        DockerfileError: An instruction is wrong or cannot be honoured here; the message names its line.
    """
    system = _platform_arguments()
    parsed = syntax.parse(dockerfile.name, dockerfile.read_text(encoding="utf-8"), build_args, system)
    build = Build(build_context(context), build_args, {**system, **parsed.arguments})
    wanted = _wanted(parsed.stages, target, dockerfile.name)
    for index, stage in enumerate(parsed.stages[: wanted + 1]):
        _require_platform(stage, build.global_args)
        state = (
            build.stages[stage.base.lower()].next_stage() if stage.base.lower() in build.stages else machine()
        )
        for instruction in stage.instructions:
            apply(instruction, state, build)
        build.stages[stage.name] = build.stages[str(index)] = state
    final = build.stages[str(wanted)]
    return Plan(final.layer, final.image_config(), build.unused_args())


def _wanted(stages: list[syntax.Stage], target: str | None, path: str) -> int:
    names = [stage.name for stage in stages]
    if target is None:
        return len(stages) - 1
    if target.lower() in names:
        return names.index(target.lower())
    raise DockerfileError(path, 1, f"stage {target!r} does not exist; the stages are {', '.join(names)}")


def _require_platform(stage: syntax.Stage, variables: Mapping[str, str]) -> None:
    here = variables["BUILDPLATFORM"]
    for name, value in stage.start.flags:
        wanted = syntax.expand(stage.start, value, variables)
        if name != "platform" or wanted != here:
            raise stage.start.error(f"--{name}={wanted} cannot be honoured here: this machine is {here}")


def _platform_arguments() -> dict[str, str]:
    """Return BuildKit's platform arguments; an image built here is for this machine."""
    values = {"PLATFORM": f"linux/{architecture()}", "OS": "linux", "ARCH": architecture(), "VARIANT": ""}
    return {f"{side}{name}": value for side in ("TARGET", "BUILD") for name, value in values.items()}
