"""Promotes an image: a stack runs a copy of the very image that another one runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.change import change
from cli.errors import UsageError
from cli.stack import Stack

IMAGE: Final = "imageUri"
BY_DIGEST: Final = re.compile(r"\S+@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Promoted:
    """What a stack runs now.

    Attributes:
        image: its image, by digest in its own repository.
        advice: what to do next, as of `change`.
    """

    image: str
    advice: str


def image_of(source: str, workspace: Path) -> str:
    """Find the image to promote.

    Args:
        source: a stack, or an image by digest.
        workspace: the folder with the stack's project.

    Raises:
        UsageError: there is no such stack, or it does not run an image by digest.
    """
    if BY_DIGEST.fullmatch(source):
        return source
    uri = str(Stack(source, workspace).outputs.get("image_uri", ""))
    if not BY_DIGEST.fullmatch(uri):
        raise UsageError(
            f"promote: stack {source} runs {uri or 'no image'}, and only an image by digest "
            "(NAME@sha256:...) stays what it is. Name it so in the stack's imageUri"
        )
    return uri


def promote(uri: str, stack: Stack, *, wait_seconds: float) -> Promoted:
    """Let a stack run a copy of an image, which `up` makes by digest: nothing is built.

    Raises:
        SystemExit: as of `change`, or the stack runs another image then.
    """
    advice = change(stack, f"promotion to {stack.name}", {IMAGE: uri}, wait_seconds=wait_seconds)
    return Promoted(image=running(stack, uri), advice=advice)


def running(stack: Stack, uri: str) -> str:
    """Return what a stack runs by its outputs, which has the digest of `uri`.

    Raises:
        SystemExit: it has another digest.
    """
    found = str(stack.outputs.get("image_uri", ""))
    if found.rpartition("@")[2] != uri.rpartition("@")[2]:
        raise SystemExit(f"stack {stack.name} runs {found or 'no image'}, not {uri}")
    return found
