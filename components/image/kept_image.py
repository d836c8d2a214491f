"""The image that a stack is about to run, kept in its repository."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from .running_tags import TaggingProvider, keep, release


class KeptImage(Resource, module="index", name="KeptImage"):
    """Keeps an image from now on: before anything runs it."""

    def __init__(
        self,
        name: str,
        *,
        uri: pulumi.Input[str],
        stack: str,
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(KeptImageProvider(), name, {"uri": uri, "stack": stack, "access": access}, opts)


class KeptImageProvider(TaggingProvider):
    """The life of a `KeptImage`."""

    def act(self, props: Mapping[str, Any]) -> None:
        """Tag the image as running."""
        keep(props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Keep nothing any longer: the repository may outlive the stack."""
        release(_props, all_of_them=True)
