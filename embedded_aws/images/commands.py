"""What `docker build` and `docker push` do here."""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import requests

from embedded_aws import docker_daemon, images
from embedded_aws.images import ecr
from embedded_aws.images.errors import ImageError
from embedded_aws.images.manifest import Manifest, architecture, digest_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Build:
    """The words of `docker build`."""

    tag: str
    file: Path
    platform: str
    build_args: Mapping[str, str]
    context: Path


def build(wanted: Build) -> None:
    """Build an image and name it.

    Raises:
        ImageError: It cannot be built here.
        DaemonError: The daemon could not build it.
    """
    context, file = wanted.context.absolute(), wanted.file.absolute()
    if client := docker_daemon.configured():
        client.build(
            context=context,
            dockerfile=file,
            tag=wanted.tag,
            build_args=wanted.build_args,
            platform=wanted.platform,
            log=print,
        )
        return
    if wanted.platform != f"linux/{architecture()}":
        raise ImageError(f"this machine builds for linux/{architecture()} only, not for {wanted.platform}")
    image = images.build(context=context, dockerfile=file, build_args=wanted.build_args, log=print)
    images.tag(image, wanted.tag)


def push(reference: str, login: tuple[str, str] | None) -> None:
    """Push an image that was built here and print its digest.

    Raises:
        ImageError: There is none, nobody logged in, or the registry refused.
        DaemonError: The daemon could not push it.
    """
    host, _, path = reference.partition("/")
    repository, _, tag = path.rpartition(":")
    if login is None:
        raise ImageError("no basic auth credentials")
    if client := docker_daemon.configured():
        digest = client.push(reference, docker_daemon.Login(*login), print).partition("@")[2]
        registry = os.environ.get(docker_daemon.REGISTRY, host)
        ecr.push(_pulled(registry, repository, digest, login), host, repository, tag)
    else:
        image = images.tagged(reference)
        manifest = None if image is None else images.store().manifest(image.digest)
        if image is None or manifest is None:
            raise ImageError(f"An image does not exist locally with the tag: {host}/{repository}")
        _require(host, login)
        ecr.push(manifest, host, repository, tag)
        digest = image.digest
    print(f"{tag}: digest: {digest} size: 1")


def _require(host: str, login: tuple[str, str]) -> None:
    """Refuse who does not hold the registry's token."""
    match = ecr.HOST.fullmatch(host)
    if match is None:
        raise ImageError(f"{host}: this machine pushes to ECR only")
    session: Any = boto3.Session(region_name=match["region"])
    (given,) = session.client("ecr").get_authorization_token()["authorizationData"]
    if base64.b64decode(given["authorizationToken"]).decode() != ":".join(login):
        raise ImageError("denied: Your authorization token has expired. Reauthenticate and try again.")


def _pulled(host: str, repository: str, digest: str, login: tuple[str, str]) -> Manifest:
    """Get what a daemon pushed from the registry that it pushed to."""

    def get(path: str) -> bytes:
        headers = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        answer = requests.get(
            f"http://{host}/v2/{repository}/{path}", auth=login, headers=headers, timeout=60
        )
        answer.raise_for_status()
        return answer.content

    text = get(f"manifests/{digest}")
    manifest: dict[str, Any] = json.loads(text)
    names = [blob["digest"] for blob in (manifest["config"], *manifest["layers"])]
    blobs = {name: get(f"blobs/{name}") for name in names}
    if digest_of(text) != digest:
        raise ImageError(f"{host} holds another image than {digest}")
    return Manifest(text, blobs)
