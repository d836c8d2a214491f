"""Builds and pushes images with the `docker` command: the daemon, context and builder are its user's."""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..model.settings.errors import both_names

LAST_LINES = 30
"""Lines of a failed command that its error shows."""
RETAINED_CONFIGURATION = ("cli-plugins", "contexts", "buildx")
"""Folders next to Docker's configuration file that belong to it."""


class DockerError(RuntimeError):
    """Docker is missing, or refused; the text has its last lines."""


def build(
    reference: str, *, context: str, dockerfile: str, platform: str, build_args: Mapping[str, str]
) -> None:
    """Build an image and give it a name.

    Raises:
        DockerError: there is no Docker, or the build failed.
    """
    arguments = ["--tag", reference, "--file", dockerfile, "--platform", platform]
    for name, value in sorted(build_args.items()):
        arguments += ["--build-arg", f"{name}={value}"]
    # Without attestations, which would make a list of an image and its papers out of the image.
    _run(["build", *arguments, context], {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"})


def push(reference: str, authorization: str) -> str:
    """Push an image and give its digest.

    Args:
        reference: its name, with a tag.
        authorization: user and password of the registry, as ECR hands them out: in base64. It is written to a
            file of this moment only, never to the user's own configuration.

    Raises:
        DockerError: the registry refused.
    """
    with _configuration(reference.partition("/")[0], authorization) as folder:
        lines = _run(["push", reference], {"DOCKER_CONFIG": folder})
    found = re.search(r"digest: (sha256:[0-9a-f]{64})", "\n".join(lines))
    if found is None:
        raise DockerError(f"docker push of {reference} named no digest: {' '.join(lines)}")
    return found[1]


@contextmanager
def _configuration(server: str, authorization: str) -> Generator[str]:
    """Make a copy of Docker's configuration that knows one registry more."""
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    file = own / "config.json"
    known: dict[str, Any] = json.loads(file.read_text()) if file.is_file() else {}
    # A credential store would take precedence over the file's entries.
    known.pop("credsStore", None)
    known["credHelpers"] = {
        host: name for host, name in known.get("credHelpers", {}).items() if host != server
    }
    known["auths"] = {**known.get("auths", {}), server: {"auth": authorization}}
    with tempfile.TemporaryDirectory(prefix="airflow-ecs-") as folder:
        for name in RETAINED_CONFIGURATION:
            if (own / name).exists():
                (Path(folder) / name).symlink_to((own / name).absolute())
        (Path(folder) / "config.json").write_text(json.dumps(known))
        yield folder


def _run(arguments: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    """Run a command, log its output as Pulumi's progress, and return its last lines."""
    last: deque[str] = deque(maxlen=LAST_LINES)
    try:
        with subprocess.Popen(
            ["docker", *arguments],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                last.append(line.rstrip())
                sys.stdout.write(f"{line.rstrip()}\n")
                sys.stdout.flush()
    except OSError as error:
        raise DockerError(
            f"the image must be built, and docker cannot be run: {error}. Install Docker on this machine, or "
            f"name an existing image in {both_names('image.uri')}"
        ) from None
    if process.returncode:
        raise DockerError("\n".join([f"docker {arguments[0]} failed; its last lines:", *last]))
    return list(last)
