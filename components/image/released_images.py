"""The images that a stack ran before: nothing keeps them any longer, but for being new."""

from collections.abc import Mapping
from typing import Any

from .running_tags import release
from .tagged_image import TaggedImage, TaggedImageProvider


class ReleasedImagesProvider(TaggedImageProvider):
    """The life of `ReleasedImages`."""

    def act(self, props: Mapping[str, Any]) -> None:
        """Take the tags from what ran before."""
        release(props, all_of_them=False)


class ReleasedImages(TaggedImage, module="index", name="ReleasedImages"):
    """Keeps no image that ran before: when everything runs the new one."""

    provider_class = ReleasedImagesProvider
