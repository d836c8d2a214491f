"""COPY: which files, from where, to where."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws import sandbox
from embedded_aws.images import dockerfile as syntax
from embedded_aws.images.context import Files, content_hash
from embedded_aws.images.errors import ImageError
from embedded_aws.images.layers import Copy, Layer, Step, belongs_to_image, hash_of
from embedded_aws.images.users import identity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from embedded_aws.images.dockerfile import Instruction
    from embedded_aws.images.layers import State


def apply_copy(instruction: Instruction, state: State, context: Files, stages: Mapping[str, State]) -> None:
    """Let one COPY change `state`; `stages` are those it may take from.

    Raises:
        ImageError: It is malformed, or a source is missing.
    """
    flags = dict(instruction.flags)
    if unknown := flags.keys() - {"from", "chown", "chmod"}:
        raise instruction.error(
            f"--{min(unknown)} cannot be honoured here; known are --from, --chown, --chmod"
        )
    *sources, last = instruction.values(state.variables)
    if not sources:
        raise instruction.error("needs a source and a destination")
    if owner := syntax.expand(instruction, flags.get("chown", ""), state.variables):
        identity(owner)
    mode = _mode(instruction, syntax.expand(instruction, flags.get("chmod", ""), state.variables))
    destination = _image_path(instruction, state, last)
    files = _stage_files(instruction, flags["from"], sources, stages) if "from" in flags else context
    content = (
        content_hash(files, matching(files, sources))
        if isinstance(files, Files)
        else hash_of(files.key, sources)
    )
    copy = Copy(files, tuple(sources), destination, mode, content)
    row = "from" not in flags
    state.layer = state.layer.followed_by(
        Step(instruction, copy), row=row, determinants=["copy", content, destination, mode]
    )


def matching(files: Files, patterns: Sequence[str]) -> list[Path]:
    """Return what the patterns name, in their order.

    Raises:
        ImageError: One names nothing.
    """
    sources: list[Path] = []
    for pattern in patterns:
        paths = files.matching(pattern)
        if not paths:
            raise ImageError(f"{pattern} is not in {files.name}")
        sources += paths
    return sources


def _stage_files(
    instruction: Instruction, name: str, sources: Sequence[str], stages: Mapping[str, State]
) -> Files | Layer:
    stage = stages.get(name.lower())
    if stage is None:
        raise instruction.error(f"--from={name} is not a stage above; other images cannot be pulled here")
    inside = [belongs_to_image(posixpath.normpath(posixpath.join("/", source))) for source in sources]
    if all(inside):
        return stage.layer
    if any(inside):
        raise instruction.error(
            f"take what is below {sandbox.IMAGE_FOLDER} and what is not in two instructions"
        )
    return Files(Path("/"), "the base image")  # outside /opt every stage is this machine


def _image_path(instruction: Instruction, state: State, path: str) -> str:
    """Return the absolute destination of a COPY; a `/` at the end means a folder and stays."""
    absolute = state.absolute(path)
    if not belongs_to_image(absolute):
        raise instruction.error(
            f"cannot write to {absolute}: an image made here has its own files below {sandbox.IMAGE_FOLDER} "
            "only, the rest is this machine's system"
        )
    is_folder = path.endswith("/") or path in (".", "./")
    return f"{absolute}/" if is_folder else absolute


def _mode(instruction: Instruction, text: str) -> int | None:
    if text and not re.fullmatch("[0-7]{3,4}", text):
        raise instruction.error(f"--chmod={text} must be octal, as in --chmod=0755")
    return int(text, 8) if text else None
