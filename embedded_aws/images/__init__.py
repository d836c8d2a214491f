"""Images without a container engine: a store, and a builder that runs Dockerfiles in bubblewrap.

`FROM` any public image means this machine's system folders and the Python that runs this program; an image's
own files are below `/opt`. So an image is for this machine, and a Dockerfile that installs system packages
fails here. Files belong to whoever runs the container: `--chown` and chown are accepted and change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from embedded_aws import cache
from embedded_aws.images import ecr
from embedded_aws.images.builder import Builder
from embedded_aws.images.errors import DockerfileError, ImageError, ImageNotFoundError
from embedded_aws.images.manifest import digest_of, pack, unpack
from embedded_aws.images.plan import plan
from embedded_aws.images.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "DockerfileError",
    "Image",
    "ImageError",
    "ImageNotFoundError",
    "build",
    "push",
    "resolve",
    "store",
    "tag",
    "tagged",
    "unpacked",
]

_LOCAL = "docker "
"""Stands before the names that images have on this machine only."""
_GONE = "its files are gone from the image store; build it again"

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
        digest: `sha256:` and 64 hex digits; another one for each build, as Docker's is.
        root: Folder with its files, below `opt`. Never write to it: other images share its files.
        config: OCI image configuration: Env, Entrypoint, Cmd, User, WorkingDir, Volumes, ...
    """

    digest: str
    root: Path
    config: dict[str, Any]


def store() -> Store:
    """Return the store of this user, `${EMBEDDED_AWS_CACHE:-~/.cache/embedded-aws}/images`."""
    return Store(cache.root() / "images")


def build(
    *,
    context: Path,
    dockerfile: Path,
    build_args: Mapping[str, str],
    target: str | None = None,
    log: Callable[[str], None],
) -> Image:
    """Build an image; steps that were done before are not done again.

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
    Builder(place, log).ensure(made.layer)
    created = datetime.now(UTC).isoformat()
    digest = pack(made.layer.key, made.config, created).digest
    place.write_image(digest, made.layer.key, made.config, created)
    return _image(place, digest)


def tag(image: Image, name: str) -> None:
    """Give an image a name on this machine, as `docker build --tag` does."""
    store().bind(_LOCAL + name, image.digest)


def tagged(name: str) -> Image | None:
    """Return the image that has a name on this machine."""
    digest = store().bound(_LOCAL + name)
    return None if digest is None else _image(store(), digest, name)


def push(image: Image, reference: str) -> str:
    """Push an image to `host/repository:tag` and return `host/repository@sha256:...`.

    ECR is asked by its API, and may refuse. Every other host is the store itself, and its tags move.

    Raises:
        ImageError: The reference is malformed, or ECR refused.
    """
    match = _parse(reference)
    if match["tag"] is None or match["digest"] is not None:
        raise ImageError(f"cannot push to {reference!r}: give host/repository:tag")
    by_digest = f"{match['host']}/{match['repository']}@{image.digest}"
    if ecr.HOST.fullmatch(match["host"]):
        manifest = store().manifest(image.digest)
        if manifest is None:
            raise ImageNotFoundError(image.digest, _GONE)
        ecr.push(manifest, match["host"], match["repository"], match["tag"])
        return by_digest
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


def unpacked(manifest: str, read: Callable[[str], bytes], reference: str) -> Image:
    """Return the image of a registry's manifest.

    Args:
        manifest: its text.
        read: gives a blob by its digest.
        reference: the image's name, for messages.

    Raises:
        ImageNotFoundError: It was not built here, or is gone from the store.
    """
    unpacked_image = unpack(manifest, read)
    if unpacked_image is None:
        raise ImageNotFoundError(reference, "it was built elsewhere, and only a Docker daemon can run it")
    layer, config = unpacked_image
    root = store().layer(layer)
    if not root.exists():
        raise ImageNotFoundError(reference, _GONE)
    return Image(digest_of(manifest.encode()), root, config)


def _image(place: Store, digest: str, reference: str | None = None) -> Image:
    record = place.read_image(digest)
    if record is None or not record[0].exists():
        raise ImageNotFoundError(reference or digest, _GONE)
    return Image(digest, *record)


def _parse(reference: str) -> re.Match[str]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ImageError(
            f"{reference!r} is not an image reference: use host/repository:tag or host/repository@sha256:..."
        )
    return match
