"""Finds or downloads a Pulumi CLI that has, or can download, the plugins that the installed SDKs ask for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from embedded_aws import cache
from embedded_aws.engine import download, versions
from embedded_aws.engine.errors import EngineError, progress

_PROBE = "https://get.pulumi.com/"
_PROBE_SECONDS = 3
_DOWNLOAD_SECONDS = 600


def find() -> Path | None:
    """Return the `pulumi` to use as it is, or None where one must be built.

    `EMBEDDED_AWS_ENGINE` decides by itself when it is `official` or `build`. Otherwise a `pulumi` on PATH is
    used when it holds the plugins of the wanted versions, or can download them; where there is none on PATH,
    it is downloaded. A network that cannot be reached is noticed within seconds.

    Raises:
        EngineError: `official` is asked for and cannot be had, the choice is neither of the two, or what was
            downloaded is not what Pulumi has published.
    """
    choice = os.environ.get("EMBEDDED_AWS_ENGINE", "")
    if choice not in {"", "official", "build"}:
        raise EngineError(f"EMBEDDED_AWS_ENGINE is {choice!r}: use official, build, or nothing")
    if choice == "build":
        return None
    try:
        pulumi = shutil.which("pulumi", path=search_path()) or str(download.folder() / "pulumi")
    except download.NotDownloadedError as error:
        if choice == "official":
            raise EngineError(
                f"EMBEDDED_AWS_ENGINE=official, no `pulumi` on PATH, and it cannot be downloaded ({error}): "
                "install it"
            ) from error
        progress(f"no `pulumi` on PATH, and it cannot be downloaded ({error}): using one that is built here")
        return None
    if choice == "official" or _plugins_there(pulumi) or _plugins_downloaded(pulumi):
        return Path(pulumi)
    progress(f"{pulumi} has not the plugins that are needed and cannot download them: using one built here")
    return None


def search_path() -> str:
    """Return PATH without the folders that this engine put there, so that it never finds itself."""
    own = str(cache.folder())
    parts = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(part for part in parts if not part.startswith(own))


def _plugins_there(pulumi: str) -> bool:
    done = subprocess.run([pulumi, "plugin", "ls", "--json"], capture_output=True, text=True, check=False)
    if done.returncode:
        return False
    installed = {(plugin["name"], plugin.get("version")) for plugin in json.loads(done.stdout)}
    return installed >= set(versions.plugins().items())


def _plugins_downloaded(pulumi: str) -> bool:
    try:
        urllib.request.urlopen(_PROBE, timeout=_PROBE_SECONDS).close()
    except urllib.error.HTTPError:
        pass  # an answer, whatever it says: the network is there
    except OSError:
        return False
    return all(_downloaded(pulumi, name, version) for name, version in versions.plugins().items())


def _downloaded(pulumi: str, name: str, version: str) -> bool:
    progress(f"installing Pulumi's plugin {name} {version} (minutes, once)")
    command = [pulumi, "plugin", "install", "resource", name, version]
    try:
        return (
            subprocess.run(command, capture_output=True, check=False, timeout=_DOWNLOAD_SECONDS).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False
