"""The image's settings."""

from dataclasses import dataclass
from enum import StrEnum

from .. import image_contract as image
from ..aws.registries import EcrImage
from .errors import Errors, at, name_of
from .rules import each, matching
from .setting import Section, changed, setting

BUILD = ("base", "package_index_url", "source_url", "extra_ca_file")
"""What only a build reads."""
REPOSITORY = ("repository", "pull_account_ids")
"""What describes the repository that an image is built in, or copied to."""


class Architecture(StrEnum):
    """The processor that the image is built for and Fargate runs it on."""

    X86_64 = "x86_64"
    ARM64 = "ARM64"


@dataclass(frozen=True, kw_only=True)
class ImageSettings(Section):
    """Where the Airflow image comes from."""

    uri: str = setting(
        "",
        "An existing image to deploy, best by digest (repository@sha256:...). One of ECR is copied into "
        "the stack's own repository first, so that it stays. Empty: the program builds and pushes "
        "docker/Dockerfile.",
        matching(r"\S*", "an image reference without spaces"),
    )
    base: str = setting(
        image.DEFAULT_BASE_IMAGE,
        "The base image of docker/Dockerfile: one with Python 3.11 to 3.13 on glibc. A tag moves; with "
        "@sha256:... it is always the same.",
        matching(r"\S+", "an image reference without spaces"),
    )
    repository: str = setting(
        "",
        "Name of an existing ECR repository of this account and region to push or copy the image to. Empty: "
        "one is created.",
        matching(r"([a-z0-9]+([._/-][a-z0-9]+)*)?", "the name of an ECR repository"),
    )
    pull_account_ids: tuple[str, ...] = setting(
        (),
        "AWS accounts that may pull from the repository that is created, to deploy a promoted image with "
        "imageUri.",
        each(r"\d{12}", "AWS account ids of 12 digits"),
    )
    package_index_url: str = setting(
        "",
        "Index that Python packages are installed from when the image is built, without a password: build "
        "arguments can be read in the image. Empty: the builder's default.",
        matching(r"(https?://[^\s@?#]+)?", "a URL without a password or query"),
    )
    source_url: str = setting(
        "",
        "Address of your repository, for the image's label org.opencontainers.image.source. Empty: none.",
        matching(r"(https?://[^\s@]+)?", "a URL without a password"),
    )
    extra_ca_file: str = setting(
        "",
        "A PEM file, relative to the project, whose certificate authorities are trusted in addition to those "
        "of RDS and the public ones; with imagePackageIndexUrl or proxyUrl also while packages are "
        "installed. Empty: none.",
    )

    def warnings(self) -> Errors:
        """Yield warnings of what can be deployed but is known to cause trouble."""
        if self.package_index_url.startswith("http:"):
            yield at(
                "package_index_url",
                "is not https: whoever is on the way can replace the packages that "
                "docker/extra-requirements.txt names, which have no hashes. Use https",
            )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        uri = name_of("uri")
        if self.uri:
            for (name,) in changed(self, BUILD):
                yield at(name, f"has no effect: no image is built with {uri}. Remove one")
            if EcrImage.parse(self.uri) is None:
                for (name,) in changed(self, REPOSITORY):
                    yield at(name, f"has no effect: {uri} is in another registry than ECR. Remove one")
        elif self.repository and self.pull_account_ids:
            repository = name_of("repository")
            yield at("pull_account_ids", f"has no effect on an existing repository ({repository}). Remove it")
