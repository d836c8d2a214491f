"""Says what this machine lacks for the embedded account, and installs it where that can be done.

Runs before anything is installed, so on the standard library alone.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from embedded_aws import capabilities, programs, sandbox

PYTHON = (3, 11)
TEST_PACKAGES = {"chromium": "chromium"}
"""Debian's package by program that the tests need in addition."""
VENV_PACKAGE = "python3-venv"
"""Debian's package of what `python3 -m venv` needs beyond Python."""
ENVIRONMENT = Path(".venv/bin/python")
"""The project's, in whose folder the commands run."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""Says whether a package may start its server: https://manpages.debian.org/invoke-rc.d."""


def run(packages: Iterable[str] | None = None) -> None:
    """Install Debian packages as root; elsewhere print in one line what to install.

    Args:
        packages: the missing ones; None: those that the embedded account lacks.

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
    missing = _missing_for_account() if packages is None else list(packages)
    if missing:
        _install_or_exit(missing)
    try:
        sandbox.require()
    except sandbox.SandboxError as error:
        sys.exit(str(error))


def _missing_for_account() -> list[str]:
    """Return the missing packages; Debian's own Python can make no environment without one of them."""
    lacks_pip = importlib.util.find_spec("ensurepip") is None
    environments = [VENV_PACKAGE] if lacks_pip and not ENVIRONMENT.exists() else []
    return sorted({*programs.missing_packages(programs.ACCOUNT), *environments})


def _install_or_exit(missing: list[str]) -> None:
    names = " ".join(missing)
    if shutil.which("apt-get") is None:
        sys.exit(f"missing: {names} (Debian's names). Install them with this system's package manager")
    if os.geteuid() != 0:
        sys.exit(f"missing: {names}. Install with: sudo apt-get install -y --no-install-recommends {names}")
    _install(missing)


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


def _missing_for_tests() -> list[str]:
    wanted = [*programs.ACCOUNT]
    if reason := capabilities.why_no_daemon():
        print(f"the image is not tested with a Docker daemon: {reason}", flush=True)
    else:
        wanted += programs.DOCKER
    others = [package for program, package in TEST_PACKAGES.items() if programs.find(program) is None]
    return sorted({*_missing_for_account(), *programs.missing_packages(wanted), *others})


def main() -> None:
    """Look for what the embedded account needs, with `--tests` for what the tests need."""
    run(_missing_for_tests() if "--tests" in sys.argv[1:] else None)


if __name__ == "__main__":
    main()
