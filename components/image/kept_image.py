"""The image that a stack is about to run, kept in its repository."""

from collections.abc import Mapping
from typing import Any

from .running_tags import keep, release
from .tagged_image import TaggedImage, TaggedImageProvider


class KeptImageProvider(TaggedImageProvider):
    """The life of a `KeptImage`."""

    def act(self, props: Mapping[str, Any]) -> None:
        """Tag the image as running."""
        keep(props)

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Keep nothing any longer: the repository may outlive the stack."""
        release(_props, all_of_them=True)


class KeptImage(TaggedImage, module="index", name="KeptImage"):
    """Keeps an image from now on: before anything runs it."""

    provider_class = KeptImageProvider
