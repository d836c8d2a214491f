"""The bytes of layers and configurations, one file a digest, and the addresses that they are fetched from."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/_account/ecr/"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Blobs:
    """Blobs in a folder; `endpoint` is where the account answers."""

    folder: Path
    endpoint: str
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def write(self, digest: str, content: bytes) -> None:
        """Keep a blob."""
        self.folder.mkdir(exist_ok=True)
        unfinished = self.folder / f"{digest}.{secrets.token_hex(4)}"
        unfinished.write_bytes(content)
        unfinished.replace(self.folder / digest)

    def read(self, digest: str) -> bytes:
        """Give a blob."""
        return (self.folder / digest).read_bytes()

    def address(self, digest: str) -> str:
        """Give an address that needs no key, as the signed ones of S3 that ECR hands out."""
        return f"{self.endpoint}{PATH}{digest}/{self._signature(digest)}"

    def at(self, path: str) -> bytes | None:
        """Give the blob of an address's path, or None: it is no such address."""
        digest, _, signature = path.removeprefix(PATH).partition("/")
        if _DIGEST.fullmatch(digest) is None or not hmac.compare_digest(signature, self._signature(digest)):
            return None
        return self.read(digest)

    def _signature(self, digest: str) -> str:
        return hmac.new(self._key, digest.encode(), hashlib.sha256).hexdigest()
