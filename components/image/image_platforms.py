"""Whether an existing image is for every processor that tasks run on; ECS finds out only when they start."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..model.aws.registries import EcrImage
from ..model.settings.errors import both_names
from .ecr_images import CopyError, download, manifest_of


def check_platforms(ecr: Any, image: EcrImage, wanted: Sequence[str]) -> None:
    """Compare an image of ECR with the platforms that it must have, such as `linux/arm64`.

    https://github.com/opencontainers/image-spec/blob/main/image-index.md,
    https://github.com/opencontainers/image-spec/blob/main/config.md

    Raises:
        CopyError: it lacks one, or cannot be read.
    """
    found = platforms(ecr, image)
    if missing := sorted({*wanted} - found):
        raise CopyError(
            f"the image in {image.repository} is for {', '.join(sorted(found)) or 'no platform'}; tasks need "
            f"{', '.join(missing)}. Name an image for all that they need in {both_names('image.uri')}, or "
            f"change {both_names('architecture')} or that of {both_names('worker_groups')}"
        )


def platforms(ecr: Any, image: EcrImage) -> set[str]:
    """List the platforms of an image: those in its list, where each may lack one, or its own."""
    manifest = json.loads(manifest_of(ecr, image)["imageManifest"])
    if "manifests" not in manifest:
        config = json.loads(b"".join(download(ecr, image, manifest["config"]["digest"])))
        return {_name(config)} if "os" in config else set()
    found = set[str]()
    for one in manifest["manifests"]:
        if "platform" not in one:
            found |= platforms(ecr, replace(image, tag="", digest=one["digest"]))
        elif one["platform"]["os"] != "unknown":  # that of attestations about the others
            found.add(_name(one["platform"]))
    return found


def _name(platform: dict[str, Any]) -> str:
    return f"{platform['os']}/{platform['architecture']}"
