"""The `docker` command that builds and runs images on this machine."""

import shutil
import subprocess
import sys

from embedded_aws import programs, sandbox
from embedded_aws.engine import plugins


def command() -> str:
    """Return Docker's own, where its daemon answers; else the one that needs none.

    Raises:
        SystemExit: there is neither.
    """
    docker = shutil.which("docker")
    if docker and subprocess.run([docker, "version"], check=False, capture_output=True).returncode == 0:
        return docker
    if sys.platform != "linux":
        sys.exit("no Docker daemon answers: start one, which an image is built and run with on this system")
    if missing := programs.missing_packages(["bwrap"]):
        names = " ".join(missing)
        sys.exit(f"no Docker daemon answers, and {names} is missing, which does without: install one of them")
    try:
        sandbox.require()
    except sandbox.SandboxError as error:
        sys.exit(str(error))
    return str(plugins.docker_command() / "docker")
