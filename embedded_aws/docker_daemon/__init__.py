"""A Docker daemon of one's own with what it needs where no public registry can be reached.

Everything comes from Debian packages: the daemon, a registry on loopback, and a base image made with
debootstrap. All of it is scratch but the base image, which is cached.
"""

from __future__ import annotations

import os

from embedded_aws.docker_daemon.base_image import base_image
from embedded_aws.docker_daemon.client import Client, Login
from embedded_aws.docker_daemon.dockerd import Daemon
from embedded_aws.docker_daemon.errors import DaemonError
from embedded_aws.docker_daemon.registry import Registry

__all__ = [
    "HOST",
    "REGISTRY",
    "Client",
    "Daemon",
    "DaemonError",
    "Login",
    "Registry",
    "base_image",
    "configured",
]

HOST = "EMBEDDED_AWS_DOCKER_HOST"
"""Variable: the daemon that builds and runs images in place of `images` and `sandbox`."""

REGISTRY = "EMBEDDED_AWS_DOCKER_REGISTRY"
"""Variable: host and port of the registry that this daemon takes for ECR, as this machine reaches it."""


def configured() -> Client | None:
    """Return commands for the daemon that `HOST` names, or None."""
    host = os.environ.get(HOST)
    return Client(host) if host else None
