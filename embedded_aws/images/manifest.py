"""An image as a registry holds it: a manifest, its configuration and its layer, each named by its digest.

The one layer is a few bytes that name a folder of this machine's store, where builds share files by hard
links.
https://github.com/opencontainers/image-spec/blob/v1.1.0/manifest.md
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.embedded-aws.store.layer.v1+json"
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Manifest:
    """What is pushed: the manifest's text, and the blobs that it names, by digest."""

    text: bytes
    blobs: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """The image's digest."""
        return digest_of(self.text)


def architecture() -> str:
    """Name this machine's processor as Docker does."""
    return _ARCHITECTURES.get(platform.machine(), platform.machine())


def digest_of(content: bytes) -> str:
    """Name a content as registries do."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def pack(layer: str, config: Mapping[str, Any], created: str) -> Manifest:
    """Write the manifest of an image.

    Args:
        layer: key of its last layer in the store.
        config: what containers start with: Env, Entrypoint, User, ...
        created: when it was built. So two builds of the same have two digests, as Docker's have.
    """
    files = _json({"layer": layer})
    rootfs = {"type": "layers", "diff_ids": [digest_of(files)]}
    system = {"architecture": architecture(), "os": "linux"}
    configuration = _json({**system, "created": created, "config": config, "rootfs": rootfs})
    text = _json(
        {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": _named(_CONFIG, configuration),
            "layers": [_named(_LAYER, files)],
        }
    )
    return Manifest(text, {digest_of(blob): blob for blob in (configuration, files)})


def unpack(text: str, read: Callable[[str], bytes]) -> tuple[str, dict[str, Any]] | None:
    """Give an image's layer in the store and its configuration; None: its files lie in no store.

    Args:
        text: the manifest.
        read: gives a blob by its digest.
    """
    manifest: dict[str, Any] = json.loads(text)
    layers: list[dict[str, Any]] = manifest.get("layers", [])
    if [layer["mediaType"] for layer in layers] != [_LAYER]:
        return None
    files = json.loads(read(layers[0]["digest"]))
    return files["layer"], json.loads(read(manifest["config"]["digest"]))["config"]


def _named(media_type: str, blob: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(blob), "size": len(blob)}


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
