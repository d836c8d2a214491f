"""Pushes an image to ECR by its API, as a Docker daemon does by that of registries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from embedded_aws.images.errors import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded_aws.images.manifest import Manifest

HOST = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com")
_PART_BYTES = 10 * 2**20


def push(manifest: Manifest, host: str, repository: str, tag: str) -> None:
    """Upload what is missing, then the manifest under its tag.

    The same image under the same tag is accepted, as registries accept it.

    Raises:
        ImageError: ECR refused; in Docker's words with ECR's.
    """
    match = HOST.fullmatch(host)
    if match is None:
        raise ImageError(f"{host} is not a registry of ECR")
    session: Any = boto3.Session(region_name=match["region"])
    client, place = session.client("ecr"), {"registryId": match["account"], "repositoryName": repository}
    try:
        _upload(client, place, manifest)
        client.put_image(**place, imageManifest=manifest.text.decode(), imageTag=tag)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ImageAlreadyExistsException":
            raise ImageError(f"tag invalid: {error.response['Error']['Message']}") from error


def _upload(client: Any, place: dict[str, str], manifest: Manifest) -> None:
    there = client.batch_check_layer_availability(**place, layerDigests=list(manifest.blobs))
    present = {layer["layerDigest"] for layer in there["layers"]}
    for digest, blob in manifest.blobs.items():
        if digest in present:
            continue
        upload = client.initiate_layer_upload(**place)["uploadId"]
        for first, part in _parts(blob):
            client.upload_layer_part(
                **place,
                uploadId=upload,
                partFirstByte=first,
                partLastByte=first + len(part) - 1,
                layerPartBlob=part,
            )
        client.complete_layer_upload(**place, uploadId=upload, layerDigests=[digest])


def _parts(blob: bytes) -> Iterator[tuple[int, bytes]]:
    for first in range(0, len(blob), _PART_BYTES):
        yield first, blob[first : first + _PART_BYTES]
