"""An image in a repository under the name of its content: built where it is not there yet.

Why not `docker.Image` of pulumi-docker: that one builds and pushes whenever an input or its hash of the
context differs from its state, under the tag that it is given. A repository with immutable tags refuses the
second image of a tag, and each build has another digest; so a revert, another umask, another proxy, a push
whose state was lost, or a second stack on the repository would end with "tag is immutable", and no tag that
the program can work out beforehand avoids all of them. Here the repository is queried first; what is there
is deployed. A preview needs no Docker either.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from ..model.aws.registries import EcrImage
from ..model.image import context
from . import docker_command
from .ecr_images import digest_of_tag


class BuiltImage(Resource, module="index", name="BuiltImage"):
    """Finds an image by its tag, or builds and pushes it. Preview does neither, and does not call Docker.

    Errors: `DockerError` with the last lines of the build or push.
    """

    uri: pulumi.Output[str]
    """The image by digest."""

    def __init__(
        self,
        name: str,
        *,
        repository_url: pulumi.Input[str],
        tag: str,
        project: str,
        platform: str,
        build_args: Mapping[str, str],
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "repository_url": repository_url,
            "tag": tag,
            "project": project,
            "platform": platform,
            "build_args": build_args,
            "access": access,
            "uri": None,
        }
        super().__init__(BuiltImageProvider(), name, props, opts)


class BuiltImageProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """See that the image is there."""
        return CreateResult(str(props["tag"]), _there(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """See that another one is there."""
        return UpdateResult(_there(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare what the image is and where it lies; how a builder gets there is no reason to build."""
        return DiffResult(changes=any(_olds[key] != _news[key] for key in ("repository_url", "tag")))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """See whether the image is still there; where somebody deleted it, `up` makes it again."""
        place = _place(props["repository_url"])
        digest = digest_of_tag(AwsClients(props["access"]).ecr(), place, props["tag"])
        return ReadResult(id_, props) if digest else ReadResult(None, {})


def _there(props: dict[str, Any]) -> dict[str, Any]:
    ecr, place = AwsClients(props["access"]).ecr(), _place(props["repository_url"])
    digest = digest_of_tag(ecr, place, props["tag"]) or _built(ecr, place, props)
    return {**props, "uri": f"{props['repository_url']}@{digest}"}


def _built(ecr: Any, place: EcrImage, props: Mapping[str, Any]) -> str:
    reference = f"{props['repository_url']}:{props['tag']}"
    with context.folder(Path(props["project"])) as folder:
        docker_command.build(
            reference,
            context=str(folder),
            dockerfile=str(folder / context.DOCKERFILE),
            platform=props["platform"],
            build_args=props["build_args"],
        )
    (login,) = ecr.get_authorization_token(registryIds=[place.registry_id])["authorizationData"]
    try:
        return docker_command.push(reference, login["authorizationToken"])
    except docker_command.DockerError:
        # Another stack may have pushed the same content meanwhile.
        if digest := digest_of_tag(ecr, place, props["tag"]):
            return digest
        raise


def _place(repository_url: str) -> EcrImage:
    place = EcrImage.parse(repository_url)
    if place is None:
        raise ValueError(f"{repository_url} is not a repository of ECR")
    return place
