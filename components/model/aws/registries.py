"""What an image's name tells about its registry."""

import re
from dataclasses import dataclass
from typing import Self

_ECR = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/(?P<name>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>sha256:[0-9a-f]{64}))?"
)


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
