"""Downloads the official Pulumi CLI of the installed SDK's version, where there is none on PATH.

From the archive of Pulumi's release, since there is a published checksum for it. Pulumi's installation script
(https://get.pulumi.com/install.sh, also behind the Automation API) installs the same archive unchecked.
"""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
import urllib.request
from importlib import metadata
from typing import TYPE_CHECKING

from embedded_aws import cache
from embedded_aws.engine.errors import EngineError, progress

if TYPE_CHECKING:
    from pathlib import Path

_RELEASES = "https://github.com/pulumi/pulumi/releases/download"
_CHECKSUMS_SECONDS = 5
_ARCHIVE_SECONDS = 60
"""How long to wait for an answer, or for the next part of one."""
_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}


class NotDownloadedError(Exception):
    """The release cannot be reached; the message has the reason."""


def folder() -> Path:
    """Return the folder of the downloaded `pulumi` and its language hosts.

    Raises:
        NotDownloadedError: there is no network, or no release for this machine.
        EngineError: what was downloaded is not what Pulumi has published.
    """
    version = metadata.version("pulumi")
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise NotDownloadedError(f"Pulumi publishes none for {platform.machine()}")
    archive = f"pulumi-v{version}-linux-{machine}.tar.gz"
    return cache.made("pulumi", [archive], lambda folder: _install(folder, version, archive))


def _install(folder: Path, version: str, archive: str) -> None:
    release = f"{_RELEASES}/v{version}"
    expected = _expected(f"{release}/pulumi-{version}-checksums.txt", archive)
    progress(f"downloading Pulumi {version} (once)")
    path = folder / archive
    actual = _downloaded(f"{release}/{archive}", path)
    if actual != expected:
        raise EngineError(
            f"the SHA-256 of {release}/{archive} is {actual}, and Pulumi publishes {expected}: try again, or "
            "install the Pulumi CLI (https://www.pulumi.com/docs/iac/download-install/)"
        )
    # For root, tar would give the files to whoever has on this machine the user id of Pulumi's build.
    words = ["-xzf", archive, "--strip-components=1", "--no-same-owner"]
    subprocess.run(["tar", *words], cwd=folder, check=True)
    path.unlink()


def _expected(url: str, archive: str) -> str:
    """Return the published checksum of an archive."""
    try:
        with urllib.request.urlopen(url, timeout=_CHECKSUMS_SECONDS) as answer:  # noqa: S310 - https
            lines = answer.read().decode().splitlines()
    except OSError as error:
        raise NotDownloadedError(f"{url}: {getattr(error, 'reason', error)}") from error
    found = (line.split()[0] for line in lines if line.split()[-1:] == [archive])
    checksum = next(found, None)
    if checksum is None:
        raise NotDownloadedError(f"{url} has no checksum of {archive}")
    return checksum


def _downloaded(url: str, path: Path) -> str:
    """Download a file; return its SHA-256."""
    try:
        with (
            urllib.request.urlopen(url, timeout=_ARCHIVE_SECONDS) as answer,  # noqa: S310 - https
            path.open("wb") as file,
        ):
            shutil.copyfileobj(answer, file)
    except OSError as error:
        raise NotDownloadedError(f"{url}: {getattr(error, 'reason', error)}") from error
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
