"""The images that a stack ran before: nothing keeps them any longer, but for being new."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import Resource

from .running_tags import TaggingProvider, release


class ReleasedImages(Resource, module="index", name="ReleasedImages"):
    """Keeps no image that ran before: when everything runs the new one."""

    def __init__(
        self,
        name: str,
        *,
        uri: pulumi.Input[str],
        stack: str,
        access: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(ReleasedImagesProvider(), name, {"uri": uri, "stack": stack, "access": access}, opts)


class ReleasedImagesProvider(TaggingProvider):
    """The life of `ReleasedImages`."""

    def act(self, props: Mapping[str, Any]) -> None:
        """Take the tags from what ran before."""
        release(props, all_of_them=False)
