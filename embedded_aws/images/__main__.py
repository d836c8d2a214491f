"""As much of the `docker` command as deploying and trying an image takes: `docker build`, `push` and `run`.

It builds and runs in bubblewrap, and pushes to the embedded account. Where `EMBEDDED_AWS_DOCKER_HOST` names a
daemon, that one builds and pushes, and the account's registry gets what it pushed. It proves nothing about
Docker.
https://docs.docker.com/reference/cli/docker/
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from embedded_aws import docker_daemon, images, sandbox
from embedded_aws.images.commands import Build, build, push
from embedded_aws.images.running import Run, run

CANNOT_RUN = 125
"""Exit code of `docker run` for its own errors: https://docs.docker.com/engine/containers/run/#exit-status."""


def main(argv: list[str]) -> int:
    """Run a command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="docker", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    building = commands.add_parser("build")
    building.add_argument("--tag", required=True)
    building.add_argument("--file", required=True, type=Path)
    building.add_argument("--platform", required=True)
    building.add_argument("--build-arg", action="append", default=[], dest="build_args")
    building.add_argument("context", type=Path)
    pushing = commands.add_parser("push")
    pushing.add_argument("reference")
    running = commands.add_parser("run")
    for required in ("--rm", "--read-only"):
        running.add_argument(required, action="store_true", required=True)
    running.add_argument("--entrypoint", default="")
    running.add_argument("--user", default="")
    running.add_argument("--workdir", default="")
    running.add_argument("--env", action="append", default=[])
    running.add_argument("--volume", action="append", default=[])
    running.add_argument("image")
    running.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args(argv)
    try:
        if given.command == "build":
            arguments = dict(pair.split("=", 1) for pair in given.build_args)
            build(Build(given.tag, given.file, given.platform, arguments, given.context))
        elif given.command == "run":
            return run(_run(given))
        else:
            push(given.reference, _login(given.reference.partition("/")[0]))
    except (images.ImageError, docker_daemon.DaemonError, sandbox.SandboxError) as error:
        sys.stderr.write(f"{error}\n")
        return CANNOT_RUN if given.command == "run" else 1
    return 0


def _run(given: argparse.Namespace) -> Run:
    return Run(
        image=given.image,
        arguments=given.arguments,
        entrypoint=given.entrypoint,
        user=given.user,
        workdir=given.workdir,
        environment=dict(pair.split("=", 1) for pair in given.env),
        volumes=given.volume,
    )


def _login(server: str) -> tuple[str, str] | None:
    """Read user and password of a registry where Docker reads them."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    file = folder / "config.json"
    settings: Any = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    authorization: str | None = settings.get("auths", {}).get(server, {}).get("auth")
    if authorization is None:
        return None
    user, _, password = base64.b64decode(authorization).decode().partition(":")
    return user, password


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
