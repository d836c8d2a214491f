"""Says what this machine lacks for the embedded account, and installs it where that can be done.

Runs before anything is installed, so on the standard library alone.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from embedded_aws import rights

PYTHON = (3, 11)
SERVERS = Path("/usr/lib/postgresql")
PACKAGES = {"bwrap": "bubblewrap", "haproxy": "haproxy", "redis-server": "redis-server"}
"""Debian's package by the command that is looked for."""
TEST_PACKAGES = {"chromium": "chromium"}
"""What the tests need beside."""
DAEMON_PACKAGES = {
    "debootstrap": "debootstrap",
    "docker-registry": "docker-registry",
    "dockerd": "docker.io",
}
"""What the tests of the real image need, on a machine where a Docker daemon can run."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Says whether a package may start its server: https://manpages.debian.org/invoke-rc.d."""


def missing_packages(wanted: Mapping[str, str] = PACKAGES) -> list[str]:
    """Name the Debian packages that are not there."""
    missing = [package for command, package in wanted.items() if _find(command) is None]
    if not any(SERVERS.glob("*/bin/postgres")):
        missing.append("postgresql")
    return sorted(missing)


def run(wanted: Mapping[str, str] = PACKAGES) -> None:
    """Install what is missing as root; elsewhere say in one line what to install.

    Args:
        wanted: Debian's package by the command that is looked for; PostgreSQL comes on top.

    Raises:
        SystemExit: something is missing and cannot be installed from here.
    """
    if sys.platform != "linux":
        sys.exit(
            f"make up needs Linux; this is {sys.platform}. The README has one `docker run` line that gives it"
        )
    if sys.version_info < PYTHON:
        sys.exit(
            f"make up needs Python {PYTHON[0]}.{PYTHON[1]} or newer; {sys.executable} is older. Install one"
        )
    missing = missing_packages(wanted)
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"missing: {', '.join(missing)}. Install with: sudo apt-get install -y {' '.join(missing)}")
    _install(missing)


def _find(command: str) -> str | None:
    # Debian keeps servers outside an ordinary user's PATH.
    return shutil.which(command) or shutil.which(command, path="/usr/sbin:/usr/local/sbin")


def _install(packages: list[str]) -> None:
    print(f"installing Debian packages: {', '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _no_servers():
        for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            done = subprocess.run(
                ["apt-get", "-q", *command], env=environment, check=False, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                sys.exit(f"apt-get {' '.join(command)} failed:\n{done.stdout[-2000:]}")


@contextmanager
def _no_servers() -> Generator[None]:
    """Keep packages from starting servers of their own: the account starts its servers, and ends them."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()


def main() -> None:
    """Look for what the embedded account needs, with `--tests` for what the tests need."""
    wanted = PACKAGES
    if "--tests" in sys.argv[1:]:
        wanted = wanted | TEST_PACKAGES
        if reason := rights.why_no_daemon():
            print(f"the image is not tested with a Docker daemon: {reason}", flush=True)
        else:
            wanted = wanted | DAEMON_PACKAGES
    run(wanted)


if __name__ == "__main__":
    main()
