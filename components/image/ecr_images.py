"""Questions to ECR, and a copy from one repository to another, by its API: no Docker takes part.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_Operations.html
"""

import json
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..model.aws.registries import MEDIA_TYPES, EcrImage
from ..model.settings.errors import both_names

PART_BYTES = 10 * 2**20
"""ECR wants parts of 5 MiB at least, but for the last: API_UploadLayerPart."""
TIMEOUT_SECONDS = 60
"""How long a download may be silent."""
ASKED_AT_ONCE = 100
"""Layers in one BatchCheckLayerAvailability."""
LAYER_TRIES = 3
MIB = 2**20


class CopyError(RuntimeError):
    """An image cannot be read, or cannot be written; the message has the image and the remedy."""


def digest_of_tag(ecr: Any, place: EcrImage, tag: str) -> str | None:
    """Give the digest of the image that has a tag, if there is one.

    Args:
        ecr: a client of the repository's region.
        place: the repository.
        tag: the tag.
    """
    try:
        found = ecr.describe_images(**place.place, imageIds=[{"imageTag": tag}])["imageDetails"]
    except ClientError as error:
        if code(error) in ("ImageNotFoundException", "RepositoryNotFoundException"):
            return None
        raise
    digest: str = found[0]["imageDigest"]
    return digest


def code(error: ClientError) -> str:
    """Give AWS's code of an error."""
    answer: Any = error.response
    return str(answer["Error"]["Code"])


def _untagged(_digest: str) -> str:
    return ""


def copy(
    source_ecr: Any,
    source: EcrImage,
    ecr: Any,
    target: EcrImage,
    tag: Callable[[str], str] = _untagged,
) -> str:
    """Copy an image, or all that a list names, and give its digest, which stays what it is.

    Existing layers and manifests are not copied again.

    Args:
        source_ecr: a client of the source's region.
        source: the image.
        ecr: a client of the target's region.
        target: the repository.
        tag: gives the copy's tag by its digest; empty: none.

    Raises:
        CopyError: the image is not there, or may not be pulled.
    """
    image = manifest_of(source_ecr, source)
    digest, text = image["imageId"]["imageDigest"], image["imageManifest"]
    manifest = json.loads(text)
    for member in manifest.get("manifests", []):
        copy(source_ecr, _named(source, member["digest"]), ecr, target)
    blobs = {blob["digest"]: int(blob["size"]) for blob in _blobs(manifest)}
    missing = _missing(ecr, target, list(blobs))
    for number, blob in enumerate(missing, 1):
        _print(f"copying part {number} of {len(missing)} of {digest}: {blobs[blob] / MIB:.1f} MiB")
        _copy_blob(source_ecr, source, ecr, target, blob)
    media_type = image.get("imageManifestMediaType")
    tagged = {"imageTag": tag(digest)} if tag(digest) else {}
    typed = {"imageManifestMediaType": media_type} if media_type else {}
    put(ecr, target, imageManifest=text, imageDigest=digest, **typed, **tagged)
    return digest


def put(ecr: Any, target: EcrImage, **image: Any) -> None:
    """Put a manifest; the very same image under the very same tag is no error."""
    try:
        ecr.put_image(**target.place, **image)
    except ClientError as error:
        if code(error) != "ImageAlreadyExistsException":
            raise


def manifest_of(ecr: Any, source: EcrImage) -> dict[str, Any]:
    """Give the manifest of an image, or of a list of images, as ECR describes it.

    Raises:
        CopyError: the image is not there, or may not be pulled.
    """
    name = f"{source.repository} of account {source.registry_id} in {source.region}"
    try:
        found = ecr.batch_get_image(
            **source.place, imageIds=[source.image_id], acceptedMediaTypes=list(MEDIA_TYPES)
        )
    except ClientError as error:
        raise CopyError(
            f"the image cannot be read from {name}: {code(error)}. Its repository policy must allow this "
            "account ecr:BatchGetImage and ecr:GetDownloadUrlForLayer: the stack that builds the image must "
            f"list this account in {both_names('image.pull_account_ids')}"
        ) from error
    if not found["images"]:
        wanted = " ".join(source.image_id.values())
        raise CopyError(
            f"there is no image {wanted} in {name}. Name one that exists in {both_names('image.uri')}"
        )
    return found["images"][0]


def _blobs(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """List configuration and layers, but those that lie elsewhere for good (of Windows)."""
    config = [manifest["config"]] if "config" in manifest else []
    blobs: list[dict[str, Any]] = [*config, *manifest.get("layers", [])]
    return [blob for blob in blobs if not blob.get("urls")]


def _missing(ecr: Any, target: EcrImage, blobs: list[str]) -> list[str]:
    there: set[str] = set()
    for first in range(0, len(blobs), ASKED_AT_ONCE):
        some = blobs[first : first + ASKED_AT_ONCE]
        found = ecr.batch_check_layer_availability(**target.place, layerDigests=some)["layers"]
        there |= {layer["layerDigest"] for layer in found if layer["layerAvailability"] == "AVAILABLE"}
    return [blob for blob in blobs if blob not in there]


def _copy_blob(source_ecr: Any, source: EcrImage, ecr: Any, target: EcrImage, digest: str) -> None:
    for last in (number == LAYER_TRIES for number in range(1, LAYER_TRIES + 1)):
        try:
            _upload(ecr, target, digest, download(source_ecr, source, digest))
        except ClientError as error:
            if code(error) == "LayerAlreadyExistsException":
                return  # another copy was faster
            raise
        except OSError as error:
            if last:
                raise CopyError(
                    f"the download of {digest} from {source.repository} broke off: {error}"
                ) from error
        else:
            return


def download(ecr: Any, source: EcrImage, digest: str) -> Iterator[bytes]:
    """Give a blob in parts."""
    url: str = ecr.get_download_url_for_layer(**source.place, layerDigest=digest)["downloadUrl"]
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310, the address is AWS's
        while part := answer.read(PART_BYTES):
            yield part


def _upload(ecr: Any, target: EcrImage, digest: str, parts: Iterator[bytes]) -> None:
    upload = ecr.initiate_layer_upload(**target.place)["uploadId"]
    first = 0
    for part in parts:
        ecr.upload_layer_part(
            **target.place,
            uploadId=upload,
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
        )
        first += len(part)
    ecr.complete_layer_upload(**target.place, uploadId=upload, layerDigests=[digest])


def _named(source: EcrImage, digest: str) -> EcrImage:
    return EcrImage(
        registry_id=source.registry_id, region=source.region, repository=source.repository, digest=digest
    )


def _print(line: str) -> None:
    """Show progress, as Pulumi shows what a provider prints."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
