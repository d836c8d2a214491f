"""The image's settings."""

from dataclasses import dataclass
from enum import StrEnum

from . import image
from .setting import matching, setting


class Architecture(StrEnum):
    """The processor that the image is built for and Fargate runs it on."""

    X86_64 = "x86_64"
    ARM64 = "ARM64"


@dataclass(frozen=True, kw_only=True)
class ImageSettings:
    """Where the Airflow image comes from."""

    uri: str = setting(
        "",
        "An existing image to deploy, best by digest (repository@sha256:...). Empty: the program builds and "
        "pushes docker/Dockerfile.",
        matching(r"\S*", "an image reference without spaces"),
    )
    base: str = setting(
        image.DEFAULT_BASE_IMAGE,
        "The base image of docker/Dockerfile: one with Python 3.11 to 3.13 on glibc.",
        matching(r"\S+", "an image reference without spaces"),
    )
    extra_ca_file: str = setting(
        "",
        "A PEM file, relative to the project, whose certificate authorities are trusted beside those of RDS "
        "and the public ones. Empty: none.",
    )
