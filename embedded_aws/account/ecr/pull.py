# pyright: basic
# moto has no types for its backends.
"""What a task pulls from the account's own registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from moto.ecr.models import ecr_backends

from embedded_aws import images

if TYPE_CHECKING:
    from embedded_aws.account.ecr.blobs import Blobs

_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


def image(blobs: Blobs, reference: str) -> images.Image | None:
    """Give the image that a reference names; None: it lies in no registry of AWS.

    Raises:
        ImageNotFoundError: there is none.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        return None
    repository = ecr_backends[match["account"]][match["region"]].repositories.get(match["repository"])
    for held in [] if repository is None else repository.images:
        if held.image_digest == match["digest"] or (
            match["digest"] is None and (match["tag"] or "latest") in held.image_tags
        ):
            return images.unpacked(held.image_manifest, blobs.read, reference)
    raise images.ImageNotFoundError(reference)
