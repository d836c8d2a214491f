"""The variables to run `pulumi` with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from embedded_aws import cache
from embedded_aws.engine import build, official, plugins
from embedded_aws.engine.errors import progress

if TYPE_CHECKING:
    from pathlib import Path


def environment() -> dict[str, str]:
    """Return the variables to add to one's own, so that `pulumi` and its plugins run.

    A `pulumi` on PATH is used, else the official one is downloaded, and where that fails one is built. With
    an official `pulumi` the variable is PATH alone, for a `docker` that builds for the embedded account
    (`embedded_aws.images`). With the engine built here it is also PULUMI_HOME and what keeps the engine from
    looking for plugins on a network.

    Raises:
        EngineError: There is no engine and none can be had: one line, what is missing and what to do.
    """
    pulumi = official.find()
    if pulumi:
        progress(f"using {pulumi} with its own plugins")
        downloaded = [pulumi.parent] if pulumi.is_relative_to(cache.folder()) else []
        return {"PATH": _path(plugins.docker_command(), *downloaded)}
    return {
        "PATH": _path(plugins.docker_command(), build.binaries()),
        "PULUMI_HOME": str(plugins.home()),
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }


def _path(*first: Path) -> str:
    return os.pathsep.join([*(str(folder) for folder in first), official.search_path()])
