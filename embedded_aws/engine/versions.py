"""Every version that the engine of closed networks is made of, and nowhere else."""

from __future__ import annotations

from importlib import metadata

CLI = "v3.200.0"
"""The `pulumi` command: the module `github.com/pulumi/pulumi/pkg/v3`."""

LANGUAGE_HOST = "v3.68.0"
"""`pulumi-language-python`: a release of `github.com/pulumi/pulumi/sdk/v3` that still holds it."""

GO = "1.24"
"""The language version of the modules that build them."""

_PACKAGES = {"aws": "pulumi-aws", "random": "pulumi-random"}


def plugins() -> dict[str, str]:
    """Return plugin → version: those of the installed SDKs, which ask the engine for exactly that one."""
    return {plugin: metadata.version(package) for plugin, package in _PACKAGES.items()}
