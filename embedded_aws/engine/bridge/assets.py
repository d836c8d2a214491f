"""Pulumi's assets and archives as the files that Terraform reads.

Source: https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/asset/asset.go
"""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from embedded_aws import cache
from embedded_aws.engine.provider import SIGNATURE, ProviderError, is_object

ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


def is_asset(value: Any) -> bool:
    """Whether a value is an asset or an archive."""
    return is_object(value) and value.get(SIGNATURE) in {ASSET, ARCHIVE}


def path_of(value: dict[str, Any]) -> str:
    """Return the path of the file; one that is made is named by its content: equal ones are the same.

    Raises:
        ProviderError: It comes from a URL.
    """
    if value.get("uri"):
        raise ProviderError(f"{value['uri']}: an asset from a URL is not fetched by this engine")
    path = Path(value["path"]).absolute() if value.get("path") else None
    if path and not (value[SIGNATURE] == ARCHIVE and path.is_dir()):
        return str(path)
    if value[SIGNATURE] == ASSET:
        return _kept(value.get("text", "").encode(), ".asset")
    if path:
        files = {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}
    else:
        files = {name: _content(asset) for name, asset in value.get("assets", {}).items()}
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name in sorted(files):
                archive.writestr(zipfile.ZipInfo(name), files[name])
        file.seek(0)
        return _kept(file.read(), ".zip")


def _content(asset: dict[str, Any]) -> bytes:
    if asset.get("path"):
        return Path(asset["path"]).read_bytes()
    return asset.get("text", "").encode()


def _kept(content: bytes, suffix: str) -> str:
    folder = cache.folder() / "assets"  # in /tmp anybody could have made it, and change what is uploaded
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / (hashlib.sha256(content).hexdigest() + suffix)
    path.write_bytes(content)
    return str(path)
