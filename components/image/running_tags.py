"""Tags that keep an image in its repository while a stack runs it.

A lifecycle policy does not know what ECS runs, so the image is tagged: it gets a tag that the policy
spares (`model/image_tags.py`) before anything runs it (`KeptImage`), and the one that ran before loses its
own only when the services run the new one (`ReleasedImages`). An `up` that fails in between leaves both.
"""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..base.aws_clients import AwsClients
from ..model.aws.registries import EcrImage
from ..model.image.image_tags import own, running
from .ecr_images import MEDIA_TYPES, code, put


def keep(props: Mapping[str, Any]) -> None:
    """Tag an image as the one that a stack runs."""
    ecr, image = _asked(props)
    found = ecr.batch_get_image(
        **image.place, imageIds=[image.image_id], acceptedMediaTypes=list(MEDIA_TYPES)
    )["images"]
    if not found:
        raise RuntimeError(
            f"{props['uri']} is not in its repository any more: `pulumi up --refresh` makes it again"
        )
    media_type = found[0].get("imageManifestMediaType")
    typed = {"imageManifestMediaType": media_type} if media_type else {}
    tag = running(props["stack"], image.digest)
    put(ecr, image, imageManifest=found[0]["imageManifest"], imageTag=tag, **typed)


def release(props: Mapping[str, Any], *, all_of_them: bool) -> None:
    """Take a stack's tags from what it ran before, or from everything.

    An image never loses its last tag: with it ECR would delete the image.
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_BatchDeleteImage.html
    """
    ecr, image = _asked(props)
    now = running(props["stack"], image.digest)
    tags = _tags(ecr, image)
    for tag in own(tags, props["stack"]):
        if (all_of_them or tag != now) and tags[tag] > 1:
            ecr.batch_delete_image(**image.place, imageIds=[{"imageTag": tag}])


def _asked(props: Mapping[str, Any]) -> tuple[Any, EcrImage]:
    image = EcrImage.parse(props["uri"])
    if image is None or not image.digest:
        raise ValueError(f"{props['uri']} is not an image of ECR by digest")
    return AwsClients(props["access"]).ecr(image.region), image


def _tags(ecr: Any, image: EcrImage) -> dict[str, int]:
    """List all tags of a repository, each with the number of tags that its image has; none: it is gone."""
    pages = ecr.get_paginator("describe_images").paginate(**image.place, filter={"tagStatus": "TAGGED"})
    try:
        found = [detail["imageTags"] for page in pages for detail in page["imageDetails"]]
    except ClientError as error:
        if code(error) != "RepositoryNotFoundException":
            raise
        return {}
    return {tag: len(tags) for tags in found for tag in tags}
