"""Promotes an image: a stack runs a copy of the very image that another one runs."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from cli import check_image
from cli.change import change
from cli.errors import UsageError, at_aws
from cli.stack import Stack
from components.model.aws.registries import EcrImage

IMAGE: Final = "imageUri"
VERSION: Final = "org.opencontainers.image.version"
"""The image's label with the version of Airflow: docker/Dockerfile."""
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


def migrates(stack: Stack, uri: str) -> bool:
    """Whether a stack that is deployed has another Airflow than an image: its schema will change.

    Raises:
        UsageError: one of the images cannot be read.
    """
    if not stack.resources():
        return False
    before, after = airflow_of(stack.outputs.get("image_uri", ""), stack), airflow_of(uri, stack)
    return bool(before and after) and before != after


def airflow_of(uri: str, stack: Stack) -> str:
    """Read the version of Airflow in an image; empty: it is not in ECR, or has no label.

    Raises:
        UsageError: it cannot be read.
    """
    image = EcrImage.parse(uri)
    if image is None or not image.digest:
        return ""
    unreadable = f"promote: {uri} cannot be read"
    try:
        with at_aws(unreadable):
            return check_image.Image(image, stack.access).labels().get(VERSION, "")
    except (requests.RequestException, KeyError, ValueError) as error:
        raise UsageError(f"{unreadable}: {error}") from error


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
