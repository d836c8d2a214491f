"""Whether an image is made from the sources that are checked out here.

Asked before production runs an image that another stack names: that stack's state may be wrong, or forged.
The image's own label says which commit it is made from; digests are recomputed on the way to it.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import requests

from cli.errors import UsageError, at_aws
from cli.stack import Stack
from components.base.aws_session import session
from components.model.aws.aws_access import AwsAccess
from components.model.aws.registries import MEDIA_TYPES, EcrImage
from components.model.image import context
from components.model.image.revision import LABEL, UnknownRevisionError, revision
from components.model.image_contract import context_folders
from components.model.settings.dag_settings import DagSourceKind

COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
TIMEOUT_SECONDS: Final = 30


def check(uri: str, stack: Stack) -> str:
    """Compare the commit that an image names with the one that is checked out; return it.

    Raises:
        UsageError: the address is not an image of ECR by digest, AWS refuses, or what is checked out is not
            known.
        SystemExit: they differ, or the image is not what its digest says.
    """
    source = stack.setting("dagSource")
    with_dags = source in ("", DagSourceKind.IMAGE)
    folders = context.sources(stack.workspace, context_folders(with_dags=with_dags))
    try:
        wanted = revision(stack.workspace, folders)
    except UnknownRevisionError as error:
        raise UsageError(f"check-image: {error}") from None
    unreadable = f"check-image {uri}: it cannot be read"
    image = EcrImage.parse(uri)
    if image is None or not image.digest:
        raise UsageError(
            f"check-image {uri}: it must be ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:..."
        )
    try:
        with at_aws(unreadable):
            found = Image(image, stack.access).labels().get(LABEL, "")
    except (requests.RequestException, KeyError, ValueError) as error:
        sys.exit(f"{unreadable}: {error}")
    if not same_sources(stack.workspace, found, wanted, folders):
        sys.exit(
            f"check-image {uri}: it is made from commit {found or '(none is named)'}, and what is "
            f"checked out was changed last by {wanted}. Deploy the stack that builds it again, from here"
        )
    return found


def same_sources(project: Path, one: str, other: str, folders: Sequence[str]) -> bool:
    """Say whether two commits hold the same of what the image is made from.

    An image is named by its content and built once: after a revert, its label names the first commit that
    held it.
    """
    if one == other:
        return True
    if COMMIT.fullmatch(one) is None:
        return False
    words = ["git", "-C", project, "diff", "--quiet", one, other, "--", *folders]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


class Image:
    """An image in ECR, by digest."""

    def __init__(self, image: EcrImage, identity: AwsAccess) -> None:
        opened: Any = session(identity, image.region)
        self._ecr = opened.client("ecr")
        self._image = image

    def labels(self) -> dict[str, str]:
        """Give the labels of the image, or of the first platform of several."""
        manifest = self._manifest(self._image.digest)
        if "manifests" in manifest:
            # Those of no platform are attestations about the others.
            image = next(one for one in manifest["manifests"] if one["platform"]["os"] != "unknown")
            manifest = self._manifest(image["digest"])
        digest = manifest["config"]["digest"]
        answer = self._ecr.get_download_url_for_layer(**self._image.place, layerDigest=digest)
        found = requests.get(answer["downloadUrl"], timeout=TIMEOUT_SECONDS)
        found.raise_for_status()
        config: dict[str, Any] = json.loads(_checked(found.content, digest))
        return config["config"].get("Labels") or {}

    def _manifest(self, digest: str) -> dict[str, Any]:
        answer = self._ecr.batch_get_image(
            **self._image.place, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=[*MEDIA_TYPES]
        )
        if answer["failures"]:
            raise ValueError(answer["failures"][0]["failureReason"])
        return json.loads(_checked(answer["images"][0]["imageManifest"].encode(), digest))


def _checked(content: bytes, digest: str) -> bytes:
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != digest:
        raise ValueError(f"the registry gave {found} for {digest}")
    return content
