# pyright: basic
# boto3's answers have no types.
"""Images in a repository of ECR, by its API."""

import json
from typing import Any

from embedded_aws.images.manifest import digest_of

MIB = 2**20


def upload(ecr: Any, repository: str, *parts: bytes, digest: str | None = None) -> str:
    """Upload a layer in parts and return its digest."""
    started = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    first = 0
    for part in parts:
        ecr.upload_layer_part(
            repositoryName=repository, uploadId=started, partFirstByte=first,
            partLastByte=first + len(part) - 1, layerPartBlob=part,
        )  # fmt: skip
        first += len(part)
    wanted = digest or digest_of(b"".join(parts))
    return ecr.complete_layer_upload(repositoryName=repository, uploadId=started, layerDigests=[wanted])[
        "layerDigest"
    ]


def manifest(*blobs: str) -> str:
    """Write a manifest of a configuration and layers."""
    config, *layers = [{"digest": blob, "size": 1, "mediaType": "application/octet-stream"} for blob in blobs]
    media_type = "application/vnd.oci.image.manifest.v1+json"
    return json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": config, "layers": layers})


def put(ecr: Any, repository: str, content: bytes, tag: str) -> str:
    """Push an image of one layer and return its digest."""
    blob = upload(ecr, repository, content)
    answer = ecr.put_image(repositoryName=repository, imageManifest=manifest(blob, blob), imageTag=tag)
    return answer["image"]["imageId"]["imageDigest"]
