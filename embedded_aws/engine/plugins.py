"""Lays the providers of this folder out where the Pulumi engine looks for its plugins."""

from __future__ import annotations

import os
import platform
import re
import shlex
import sys
from pathlib import Path

from embedded_aws import ROOT, cache
from embedded_aws.engine import versions
from embedded_aws.engine.errors import EngineError

_MODULES = {
    "aws": f"{__package__}.bridge",
    "random": f"{__package__}.random_provider",
}
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def home() -> Path:
    """Return a PULUMI_HOME that holds a plugin of exactly the version that each SDK asks for.

    Raises:
        EngineError: There is no terraform-provider-aws on this machine.
    """
    scripts = {
        f"plugins/resource-{name}-v{version}/pulumi-resource-{name}": _script(name, version)
        for name, version in versions.plugins().items()
    }
    return _laid_out("home", scripts)


def docker_command() -> Path:
    """Return a folder for PATH with a `docker` that builds for the embedded account."""
    images = f"{__name__.removesuffix('.engine.plugins')}.images"
    command = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-P", "-m", images]
    return _laid_out("path", {"docker": f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'})


def _laid_out(kind: str, scripts: dict[str, str]) -> Path:
    def make(folder: Path) -> None:
        for name, text in scripts.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            path.chmod(0o755)

    return cache.made(kind, [name + text for name, text in sorted(scripts.items())], make)


def _script(name: str, version: str) -> str:
    """Return the script that starts a provider with this Python, without the program's folder on its path."""
    settings = {"PYTHONPATH": str(ROOT)}
    if name == "aws":
        settings["TERRAFORM_AWS_PROVIDER"] = str(terraform_provider())
    command = ["env", *(f"{key}={value}" for key, value in settings.items())]
    command += [sys.executable, "-P", "-m", _MODULES[name], version]
    return f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n'


def terraform_provider() -> Path:
    """Return `$TERRAFORM_AWS_PROVIDER`, or the newest terraform-provider-aws in Terraform's plugin folders.

    Raises:
        EngineError: There is none.

    Source: https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
    """
    named = os.environ.get("TERRAFORM_AWS_PROVIDER")
    if named:
        if not os.access(named, os.X_OK):
            raise EngineError(f"TERRAFORM_AWS_PROVIDER={named} is not a program")
        return Path(named)
    pattern = f"registry.terraform.io/hashicorp/aws/*/{terraform_platform()}/terraform-provider-aws_*"
    mirrors = [
        Path.home() / ".terraform.d/plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
        *sorted(Path("/opt").iterdir() if Path("/opt").is_dir() else ()),
    ]
    providers = [path for mirror in mirrors for path in mirror.glob(pattern)]
    if not providers:
        raise EngineError(
            "no terraform-provider-aws in Terraform's plugin folders or /opt/*: "
            "set TERRAFORM_AWS_PROVIDER to its path"
        )
    return max(providers, key=_version)


def terraform_platform() -> str:
    """Return the name that Terraform's folders have for this machine: `linux_amd64`, say."""
    machine = platform.machine()
    return f"{sys.platform}_{_MACHINES.get(machine, machine)}"


def _version(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", path.parents[1].name)]
