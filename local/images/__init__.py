"""Images without a container engine: a store, and a builder that runs Dockerfiles in bubblewrap.

`FROM` any public image means this machine's system folders and the Python that runs this program; an image's
own files are below `/opt`. So an image is for this machine, and a Dockerfile that installs system packages
fails here. Files belong to whoever runs the container: `--chown` and chown are accepted and change nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.images.builder import Builder
from local.images.errors import DockerfileError, ImageError, ImageNotFoundError
from local.images.plan import plan
from local.images.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "DockerfileError",
    "Image",
    "ImageError",
    "ImageNotFoundError",
    "build",
    "fingerprint",
    "push",
    "resolve",
    "store",
]

# https://github.com/distribution/reference/blob/main/regexp.go, with a host that looks like one.
_REFERENCE = re.compile(
    r"(?P<host>(?:localhost|[A-Za-z0-9](?:[A-Za-z0-9-]*)(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d))(?::\d+)?)"
    r"/(?P<repository>[a-z0-9]+(?:(?:[._]|__|-+|/)[a-z0-9]+)*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Image:
    """An image in the store.

    Attributes:
        digest: `sha256:` and 64 hex digits; the same for the same Dockerfile, arguments and files.
        root: Folder with its files, below `opt`. Never write to it: other images share its files.
        config: OCI image configuration: Env, Entrypoint, Cmd, User, WorkingDir, Volumes, ...
    """

    digest: str
    root: Path
    config: dict[str, Any]


def store() -> Store:
    """Return the store of this user, `${AIRFLOW_ECS_CACHE:-~/.cache/airflow-ecs}/images`."""
    cache = os.environ.get("AIRFLOW_ECS_CACHE") or str(Path.home() / ".cache" / "airflow-ecs")
    return Store(Path(cache) / "images")


def fingerprint(
    *, context: Path, dockerfile: Path, build_args: Mapping[str, str], target: str | None = None
) -> str:
    """Return the digest that `build` would give, without building; same errors, but for a failing RUN."""
    return plan(context=context, dockerfile=dockerfile, build_args=build_args, target=target).digest


def build(
    *,
    context: Path,
    dockerfile: Path,
    build_args: Mapping[str, str],
    target: str | None = None,
    log: Callable[[str], None],
) -> Image:
    """Build an image, or find that it is there.

    Args:
        context: Folder that COPY takes from; its `.dockerignore` counts.
        dockerfile: The Dockerfile.
        build_args: Values of ARGs.
        target: Stage wanted; None: the last.
        log: Gets one line per step that is done, with its seconds.

    Raises:
        DockerfileError: A line is wrong or cannot be honoured here, its RUN failed (with the last lines that
            it printed), or this machine cannot run containers.
    """
    made = plan(context=context, dockerfile=dockerfile, build_args=build_args, target=target)
    if made.unused:
        log(f"build arguments that no ARG declares are ignored: {', '.join(sorted(made.unused))}")
    place = store()
    found = place.read_image(made.digest)
    if found is None or not found[0].exists():
        Builder(place, log).ensure(made.layer)
        place.write_image(made.digest, made.layer.key, made.config)
    return _image(place, made.digest)


def push(image: Image, reference: str) -> str:
    """Bind `host/repository:tag` to an image and return `host/repository@sha256:...`.

    Raises:
        ImageError: The reference is malformed.
    """
    match = _parse(reference)
    if match["tag"] is None or match["digest"] is not None:
        raise ImageError(f"cannot push to {reference!r}: give host/repository:tag")
    by_digest = f"{match['host']}/{match['repository']}@{image.digest}"
    for name in (by_digest, reference):
        store().bind(name, image.digest)
    return by_digest


def resolve(reference: str) -> Image:
    """Return the image pushed as `host/repository:tag` or `host/repository@sha256:...` (no tag: `latest`).

    Raises:
        ImageNotFoundError: Nothing was pushed there, or it is gone from the store.
        ImageError: The reference is malformed.
    """
    match = _parse(reference)
    repository = f"{match['host']}/{match['repository']}"
    name = (
        f"{repository}@{match['digest']}" if match["digest"] else f"{repository}:{match['tag'] or 'latest'}"
    )
    place = store()
    digest = place.bound(name)
    if digest is None:
        raise ImageNotFoundError(reference)
    return _image(place, digest, reference)


def _image(place: Store, digest: str, reference: str | None = None) -> Image:
    found = place.read_image(digest)
    if found is None or not found[0].exists():
        raise ImageNotFoundError(
            reference or digest, "its files are gone from the image store; build it again"
        )
    return Image(digest, *found)


def _parse(reference: str) -> re.Match[str]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ImageError(
            f"{reference!r} is no image reference; write host/repository:tag or host/repository@sha256:..."
        )
    return match
