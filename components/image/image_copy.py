"""An image that another stack built, in the repository of the stack that runs it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from ..model.aws.registries import EcrImage
from ..model.image.image_tags import promoted
from .ecr_images import copy
from .image_platforms import check_platforms


class ImageCopy(Resource, module="index", name="ImageCopy"):
    """Copies an image by digest between ECR repositories, of other regions and accounts too.

    A running image must not depend on a repository that another stack expires or deletes. An image that the
    repository already has only gets a tag.

    Errors: `CopyError`; the message has the missing permission, image or platform.
    """

    uri: pulumi.Output[str]
    """The image by digest, in the stack's own repository."""

    def __init__(
        self,
        name: str,
        *,
        source_uri: str,
        repository_url: pulumi.Input[str],
        platforms: Sequence[str],
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "source_uri": source_uri,
            "repository_url": repository_url,
            "platforms": platforms,
            "access": access,
            "uri": None,
        }
        super().__init__(ImageCopyProvider(), name, props, opts)


class ImageCopyProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Copy the image."""
        return CreateResult("copy", _copied(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Copy another one, or look at the copy that there is, whose source may be gone."""
        if _olds.get("uri") and all(_olds[key] == _news[key] for key in ("source_uri", "repository_url")):
            image = _image(_olds["uri"])
            check_platforms(AwsClients(_news["access"]).ecr(image.region), image, _news["platforms"])
            return UpdateResult({**_news, "uri": _olds["uri"]})
        return UpdateResult(_copied(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what is copied, where to, and for which processors."""
        watched = ("source_uri", "repository_url", "platforms")
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in watched))


def _copied(props: dict[str, Any]) -> dict[str, Any]:
    source, target = _image(props["source_uri"]), _image(props["repository_url"])
    clients = AwsClients(props["access"])
    check_platforms(clients.ecr(source.region), source, props["platforms"])
    digest = copy(clients.ecr(source.region), source, clients.ecr(target.region), target, promoted)
    return {**props, "uri": f"{props['repository_url']}@{digest}"}


def _image(uri: str) -> EcrImage:
    if image := EcrImage.parse(uri):
        return image
    raise ValueError(f"{uri} must lie in ECR")
