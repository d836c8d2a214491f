"""`airflow-ecs check-image`: whether an image is made from the sources that are checked out here.

Asked before production runs an image that another stack names: that stack's state may be wrong, or forged.
The image's own label says which commit it is made from; digests are recomputed on the way to it.
"""

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import boto3
import requests
from botocore.exceptions import BotoCoreError, ClientError

from components.model.image_contract import CONTEXT_FOLDERS

URI: Final = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[^:@]+)@(?P<digest>sha256:[0-9a-f]{64})"
)
COMMIT: Final = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
LABEL: Final = "org.opencontainers.image.revision"
MANIFESTS: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
TIMEOUT_SECONDS: Final = 30


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("check-image", help="fail unless an image is made from what is checked out")
    command.add_argument("image", metavar="URI", help="an image of ECR by digest")
    command.set_defaults(action=check_image)


def check_image(chosen: argparse.Namespace) -> None:
    """Compare the commit that an image names with the one that is checked out.

    Raises:
        SystemExit: they differ, or one of them is not known.
    """
    wanted = revision(chosen.workspace)
    try:
        found = Image(chosen.image).labels().get(LABEL, "")
    except (BotoCoreError, ClientError, requests.RequestException, KeyError, ValueError) as error:
        sys.exit(f"check-image {chosen.image}: it cannot be read: {error}")
    if not same_sources(chosen.workspace, found, wanted):
        sys.exit(
            f"check-image {chosen.image}: it is made from commit {found or '(none is named)'}, and what is "
            f"checked out was changed last by {wanted}. Deploy the stack that builds it again, from here"
        )
    print(f"{chosen.image} is made from {found}")


def same_sources(project: Path, one: str, other: str) -> bool:
    """Say whether two commits hold the same of what the image is made from.

    An image is named by its content and built once: after a revert, its label names the first commit that
    held it.
    """
    if one == other:
        return True
    if COMMIT.fullmatch(one) is None:
        return False
    words = ["git", "-C", project, "diff", "--quiet", one, other, "--", *CONTEXT_FOLDERS]
    return subprocess.run(words, check=False, capture_output=True).returncode == 0


def revision(project: Path) -> str:
    """Give the last commit that changed what the image is made from, as `components/image/source.py` does.

    Raises:
        SystemExit: no repository, a shallow clone, or changes that are not committed.
    """

    def git(*words: str) -> str:
        done = subprocess.run(["git", "-C", project, *words], check=False, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"check-image: git {words[0]}: {done.stderr.strip()}")
        return done.stdout.strip()

    if git("rev-parse", "--is-shallow-repository") != "false":
        sys.exit("check-image: the clone is shallow; check the sources out with all commits (fetch-depth: 0)")
    if changed := git("status", "--porcelain", "--", *CONTEXT_FOLDERS):
        sys.exit(f"check-image: what the image is made from has changes that are not committed:\n{changed}")
    return git("log", "-1", "--format=%H", "--", *CONTEXT_FOLDERS)


class Image:
    """An image in ECR.

    Raises:
        ValueError: the address is no image of ECR by digest.
    """

    def __init__(self, uri: str) -> None:
        parts = URI.fullmatch(uri)
        if parts is None:
            raise ValueError("it must be ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:...")
        session: Any = boto3.Session(region_name=parts["region"])
        self._ecr = session.client("ecr")
        self._place = {"registryId": parts["account"], "repositoryName": parts["name"]}
        self._digest = parts["digest"]

    def labels(self) -> dict[str, str]:
        """Give the labels of the image, or of the first platform of several."""
        manifest = self._manifest(self._digest)
        if "manifests" in manifest:
            # Those of no platform are attestations about the others.
            image = next(one for one in manifest["manifests"] if one["platform"]["os"] != "unknown")
            manifest = self._manifest(image["digest"])
        digest = manifest["config"]["digest"]
        answer = self._ecr.get_download_url_for_layer(**self._place, layerDigest=digest)
        found = requests.get(answer["downloadUrl"], timeout=TIMEOUT_SECONDS)
        found.raise_for_status()
        config: dict[str, Any] = json.loads(_checked(found.content, digest))
        return config["config"].get("Labels") or {}

    def _manifest(self, digest: str) -> dict[str, Any]:
        answer = self._ecr.batch_get_image(
            **self._place, imageIds=[{"imageDigest": digest}], acceptedMediaTypes=[*MANIFESTS]
        )
        if answer["failures"]:
            raise ValueError(answer["failures"][0]["failureReason"])
        return json.loads(_checked(answer["images"][0]["imageManifest"].encode(), digest))


def _checked(content: bytes, digest: str) -> bytes:
    found = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if found != digest:
        raise ValueError(f"the registry gave {found} for {digest}")
    return content
