"""What `KeptImage` and `ReleasedImages` have in common: an image, and the tags of stacks that run it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult


class TaggedImageProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Set or remove tags."""
        self.act(props)
        return CreateResult(str(props["stack"]), props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Do it for another image."""
        self.act(_news)
        return UpdateResult(_news)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the image."""
        return DiffResult(changes=_olds["uri"] != _news["uri"])

    def act(self, props: Mapping[str, Any]) -> None:
        """Set or remove tags."""
        raise NotImplementedError


class TaggedImage(Resource, module="index", name="TaggedImage"):
    """An image, and the tags that its provider sets or removes when a stack runs it."""

    provider_class: ClassVar[type[TaggedImageProvider]]
    """What sets or removes them."""
    uri: pulumi.Output[str]
    """The image by digest: what uses this one waits for the tags."""

    def __init__(
        self,
        name: str,
        *,
        uri: pulumi.Input[str],
        stack: str,
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(self.provider_class(), name, {"uri": uri, "stack": stack, "access": access}, opts)
