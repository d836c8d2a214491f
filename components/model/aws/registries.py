"""The registry in an image's name."""

import re
from dataclasses import dataclass
from typing import Final, Self

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)

MEDIA_TYPES: Final = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
)
"""The manifests that ECR is asked for: of one image, or a list of those of several platforms."""


@dataclass(frozen=True, kw_only=True)
class EcrImage:
    """An ECR repository, or an image in it."""

    registry_id: str
    """The account of the registry."""
    region: str
    """Its region."""
    repository: str
    """The repository's name."""
    tag: str = ""
    """The image's tag, if one was named."""
    digest: str = ""
    """The image's digest, if one was named."""

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """Read `<account>.dkr.ecr.<region>.amazonaws.com/<repository>[:<tag>][@<digest>]`, or return None."""
        found = _ECR.fullmatch(name)
        if found is None:
            return None
        return cls(
            registry_id=found["account"],
            region=found["region"],
            repository=found["name"],
            tag=found["tag"] or "",
            digest=found["digest"] or "",
        )

    @property
    def image_id(self) -> dict[str, str]:
        """The image as ECR's API names it; a name without tag and digest means the tag `latest`."""
        return {"imageDigest": self.digest} if self.digest else {"imageTag": self.tag or "latest"}

    @property
    def place(self) -> dict[str, str]:
        """The repository as ECR's API names it."""
        return {"registryId": self.registry_id, "repositoryName": self.repository}
