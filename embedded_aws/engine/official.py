"""Finds a Pulumi CLI on PATH that has, or can download, the plugins that the installed SDKs ask for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from embedded_aws import cache
from embedded_aws.engine import versions
from embedded_aws.engine.errors import EngineError

_PROBE = "https://get.pulumi.com/"
_PROBE_SECONDS = 3
_DOWNLOAD_SECONDS = 600


def find() -> Path | None:
    """Return the `pulumi` to use as it is, or None where one must be built.

    `EMBEDDED_AWS_ENGINE` decides by itself when it is `official` or `build`. Otherwise a `pulumi` on PATH is
    used when it holds the plugins of the wanted versions, or can download them; a network that cannot
    be reached is noticed within 3 s.

    Raises:
        EngineError: `official` is asked for and there is none, or the choice is neither of the two.
    """
    choice = os.environ.get("EMBEDDED_AWS_ENGINE", "")
    if choice not in {"", "official", "build"}:
        raise EngineError(f"EMBEDDED_AWS_ENGINE is {choice!r}: use official, build, or nothing")
    if choice == "build":
        return None
    pulumi = shutil.which("pulumi", path=search_path())
    if pulumi is None:
        if choice == "official":
            raise EngineError("EMBEDDED_AWS_ENGINE=official, and no `pulumi` on PATH: install it")
        return None
    if choice == "official" or _plugins_there(pulumi) or _plugins_downloaded(pulumi):
        return Path(pulumi)
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
    command = [pulumi, "plugin", "install", "resource", name, version]
    try:
        return (
            subprocess.run(command, capture_output=True, check=False, timeout=_DOWNLOAD_SECONDS).returncode
            == 0
        )
    except subprocess.TimeoutExpired:
        return False
