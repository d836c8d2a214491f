"""Builds the `pulumi` command and its Python language host from the Go module proxy."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from embedded_aws import cache
from embedded_aws.engine import versions
from embedded_aws.engine.errors import EngineError, progress

MODULES: Final = Path(__file__).parent / "modules"
"""A `go.mod` and `go.sum` for each command: whatever proxy serves the modules, they are these or none.

Written by `go get MODULE/PACKAGE@VERSION` in an empty module. https://go.dev/ref/mod#go-sum-files
"""
_MODULE = "github.com/pulumi/pulumi"
_SDK = f"{_MODULE}/sdk/v3"
_VERSION_FLAG = f"-X {_SDK}/go/common/version.Version={versions.CLI}"
_RECIPES = {  # command → its module, the version, flags of the linker
    "pulumi": (f"{_MODULE}/pkg/v3", "cmd/pulumi", versions.CLI, f"-s -w {_VERSION_FLAG}"),
    "pulumi-language-python": (_SDK, "python/cmd/pulumi-language-python", versions.LANGUAGE_HOST, "-s -w"),
}
_SCRIPTS = (  # the SDK's shell and Python scripts, of the CLI's own version
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-analyzer-policy-python",
    "python/dist/pulumi-resource-pulumi-python",
)


def binaries() -> Path:
    """Return the folder of `pulumi` and its language host, built when it is missing (minutes, once).

    Raises:
        EngineError: There is no Go, or it could not build them.
    """
    sums = [(MODULES / command / "go.sum").read_text(encoding="utf-8") for command in _RECIPES]
    ingredients = [platform.machine(), versions.GO, *map(repr, _RECIPES.items()), *_SCRIPTS, *sums]
    return cache.made("bin", ingredients, _build)


def _build(folder: Path) -> None:
    if shutil.which("go") is None:
        raise EngineError(
            f"no usable `pulumi` on PATH, none that can be downloaded, and no `go` to build one: install Go "
            f"{versions.GO} or later, or the Pulumi CLI (https://www.pulumi.com/docs/iac/download-install/)"
        )
    for command, (module, package, version, linker) in _RECIPES.items():
        source = folder / "src" / command
        shutil.copytree(MODULES / command, source)
        progress(f"building {command} {version} (minutes, once)")
        started = time.monotonic()
        _go(
            source,
            "build",
            "-trimpath",
            "-ldflags",
            linker,
            "-o",
            str(folder / command),
            f"{module}/{package}",
        )
        progress(f"built {command} in {time.monotonic() - started:.0f} s")
    sdk = _go(folder / "src" / "pulumi", "list", "-m", "-f", "{{.Dir}}", _SDK).strip()
    for script in _SCRIPTS:
        target = folder / script.rsplit("/", 1)[-1]
        shutil.copyfile(f"{sdk}/{script}", target)
        target.chmod(0o755)
    shutil.rmtree(folder / "src")


def _go(source: Path, *arguments: str) -> str:
    environment = os.environ | {
        "GOFLAGS": "-buildvcs=false -mod=readonly",
        "GOWORK": "off",
        "CGO_ENABLED": "0",
    }
    done = subprocess.run(
        ["go", *arguments], cwd=source, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no reason given"]
        raise EngineError(
            f"go {arguments[0]} of {source.name} failed: {reason[-1]} "
            "(needs a Go module proxy: see `go env GOPROXY`)"
        )
    return done.stdout
