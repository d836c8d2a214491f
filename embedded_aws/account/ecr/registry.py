# pyright: basic
# moto has no types for its backends.
"""moto's ECR, as strict as AWS: tags that stay, digests that are right, layers that are there, and expiry.

https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImage.html and the pages beside it.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.ecr.exceptions import UploadNotFoundException
from moto.ecr.models import ECRBackend, Image, Repository
from moto.ecr.responses import ECRResponse

from embedded_aws.account.ecr import tokens
from embedded_aws.account.ecr.access import repository_for
from embedded_aws.account.ecr.errors import EcrError, already_there, layers_missing, tag_taken
from embedded_aws.account.ecr.lifecycle import Held, expired
from embedded_aws.images.manifest import digest_of

if TYPE_CHECKING:
    from embedded_aws.account.ecr.blobs import Blobs

SMALLEST_PART_BYTES = 5 * 2**20
"""But for the last: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_UploadLayerPart.html."""

_upload_layer_part = ECRBackend.upload_layer_part
_put_lifecycle_policy = ECRBackend.put_lifecycle_policy


def put_image(  # noqa: PLR0917 - moto's own
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Image:
    """Take a manifest whose parts are there, under a tag that is free or may move."""
    repository: Any = repository_for(self, repository_name)
    actual_digest = digest_of(image_manifest.encode())
    if digest and digest != actual_digest:
        raise EcrError("ImageDigestDoesNotMatchException", "The specified image digest does not match")
    manifest = json.loads(image_manifest)
    _require_parts(repository, manifest)
    held: Any = next((image for image in repository.images if image.image_digest == actual_digest), None)
    tagged = next((image for image in repository.images if image_tag in image.image_tags), None)
    if held is not None and (image_tag is None or held is tagged):
        raise already_there(repository_name, repository.registry_id, actual_digest, image_tag or "null")
    if tagged is not None and repository.is_tag_immutable():
        raise tag_taken(str(image_tag), repository_name)
    if tagged is not None:
        tagged.remove_tag(str(image_tag))
    if held is None:
        media_type = image_manifest_mediatype or manifest.get("mediaType")
        held = Image(self.account_id, "", image_manifest, repository_name, media_type, actual_digest)
        held.image_tags = []
        repository.images.append(held)
    if image_tag:
        held.update_tag(image_tag)
    held.image_tag = image_tag  # what this request's answer names
    expire(repository)
    return held


def _require_parts(repository: Repository, manifest: dict[str, Any]) -> None:
    images = {image.image_digest for image in repository.images}
    listed = [entry["digest"] for entry in manifest.get("manifests", [])]
    if missing := [digest for digest in listed if digest not in images]:
        raise EcrError(
            "ReferencedImagesNotFoundException",
            f"Images with digests '[{', '.join(missing)}]' required for pushing image into repository with "
            f"name '{repository.name}' in the registry do not exist",
        )
    blobs = [*([manifest["config"]] if "config" in manifest else []), *manifest.get("layers", [])]
    if missing := [blob["digest"] for blob in blobs if blob["digest"] not in repository.layers]:
        raise layers_missing(repository.name, missing)


def expire(repository: Repository) -> None:
    """Delete what the repository's lifecycle policy expires."""
    if not repository.lifecycle_policy:
        return
    held = [
        Held(
            digest=image.image_digest,
            tags=frozenset(image.image_tags),
            pushed_at=image.image_pushed_at,
            members=frozenset(
                entry["digest"] for entry in json.loads(image.image_manifest).get("manifests", [])
            ),
        )
        for image in repository.images
    ]
    gone = expired(repository.lifecycle_policy, held, time.time())
    repository.images = [image for image in repository.images if image.image_digest not in gone]


def put_lifecycle_policy(
    self: ECRBackend, registry_id: str, repository_name: str, lifecycle_policy_text: str
) -> Any:
    """Keep the policy and act on it."""
    answer = _put_lifecycle_policy(self, registry_id, repository_name, lifecycle_policy_text)
    expire(repository_for(self, repository_name, registry_id))
    return answer


def upload_layer_part(self: ECRBackend, repository_name: str, upload_id: str, *rest: Any, **more: Any) -> Any:
    """Note how long each part is."""
    upload: Any = repository_for(self, repository_name).uploads.get(upload_id)
    before = 0 if upload is None else len(upload.layer_parts)
    answer = _upload_layer_part(self, repository_name, upload_id, *rest, **more)
    if upload is not None:
        vars(upload).setdefault("part_sizes", []).append(len(upload.layer_parts) - before)
    return answer


def batch_get_image(
    self: ECRBackend,
    repository_name: str,
    registry_id: str | None = None,
    image_ids: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    """Give manifests, another account's too where it lets the caller."""
    repository = repository_for(self, repository_name, registry_id, "ecr:BatchGetImage")
    images: list[Image] = []
    failures: list[dict[str, Any]] = []
    for wanted in image_ids or []:
        digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
        matching = [
            image
            for image in repository.images
            if (digest is None or image.image_digest == digest) and (tag is None or tag in image.image_tags)
        ]
        images += matching
        if not matching:
            failure = {"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}
            failures.append({"imageId": wanted, **failure})
    return {"images": images, "failures": failures}


def _install_layers(blobs: Blobs) -> None:
    def complete_layer_upload(
        self: ECRBackend,
        repository_name: str,
        upload_id: str,
        layer_digests: list[str],
        registry_id: str | None = None,
    ) -> dict[str, Any]:
        repository = repository_for(self, repository_name, registry_id)
        upload = repository.uploads.get(upload_id)
        if upload is None:
            raise UploadNotFoundException(upload_id, repository_name, repository.registry_id)
        sizes = vars(upload).get("part_sizes", [])
        if not sizes:
            raise EcrError(
                "EmptyUploadException", "The specified layer upload does not contain any layer parts."
            )
        if any(size < SMALLEST_PART_BYTES for size in sizes[:-1]):
            raise EcrError("LayerPartTooSmallException", "Layer parts must be at least 5 MiB in size.")
        content = bytes(upload.layer_parts)
        digest = digest_of(content)
        if digest not in layer_digests:
            raise EcrError(
                "InvalidLayerException",
                "The layer digest calculation performed by Amazon ECR upon receipt of the image layer does "
                "not match the digest specified.",
            )
        if digest in repository.layers:
            raise EcrError(
                "LayerAlreadyExistsException",
                "The image layer already exists in the associated repository.",
            )
        blobs.write(digest, content)
        repository.layers[digest] = len(content)
        del repository.uploads[upload_id]
        return {
            "registryId": repository.registry_id,
            "repositoryName": repository_name,
            "uploadId": upload_id,
            "layerDigest": digest,
        }

    def get_download_url_for_layer(self: ECRResponse) -> ActionResult:
        digest = self._get_param("layerDigest")
        name, registry_id = self._get_param("repositoryName"), self._get_param("registryId")
        repository = repository_for(self.ecr_backend, name, registry_id, "ecr:GetDownloadUrlForLayer")
        if digest not in repository.layers:
            raise layers_missing(name, [digest])
        if not any(digest in image.image_manifest for image in repository.images):
            raise EcrError(
                "LayerInaccessibleException",
                "The specified layer is not available because it is not associated with an image.",
            )
        return ActionResult({"downloadUrl": blobs.address(digest), "layerDigest": digest})

    ECRBackend.complete_layer_upload = complete_layer_upload
    responses: Any = ECRResponse
    responses.get_download_url_for_layer = get_download_url_for_layer


def install(blobs: Blobs) -> None:
    """Mend moto in this process."""
    tokens.install()
    _install_layers(blobs)
    ECRBackend.put_image = put_image
    ECRBackend.put_lifecycle_policy = put_lifecycle_policy
    ECRBackend.upload_layer_part = upload_layer_part
    ECRBackend.batch_get_image = batch_get_image
