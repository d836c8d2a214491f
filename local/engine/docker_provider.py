"""A provider for `docker:index/image:Image` that builds with `local.images`, or with a daemon.

It stands in for pulumi-docker and proves nothing about it. As there, a changed build context is a change
of the input `build.contextDigest`, a preview builds nothing, and a missing context or Dockerfile stops it.
"""

# ruff: noqa: ARG002, D102, N802 - the protocol names the methods and their parameters, and describes them

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2 as pb

from local import daemon, images
from local.engine.provider import (
    UNKNOWN,
    Provider,
    ProviderError,
    answering,
    plain,
    resource_type,
    serve,
    struct,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_IMAGE = "docker:index/image:Image"
_DIGEST = "contextDigest"


class Docker(Provider):
    """Pulumi's side of package `docker`."""

    @answering
    def Check(self, request: Any, context: Any) -> pb.CheckResponse:
        if resource_type(request.urn) != _IMAGE:
            raise ProviderError(f"{resource_type(request.urn)}: this engine makes {_IMAGE} alone")
        inputs = MessageToDict(request.news)
        build: Any = plain(request.news).get("build") or {}
        if build == UNKNOWN:
            return pb.CheckResponse(inputs=request.news)
        recipe = _recipe(build)
        unknown = UNKNOWN in (*recipe["build_args"].values(), recipe["target"])
        digest = UNKNOWN if unknown else _told(images.fingerprint, **recipe)
        return pb.CheckResponse(
            inputs=struct(inputs | {"build": (inputs.get("build") or {}) | {_DIGEST: digest}})
        )

    @answering
    def Diff(self, request: Any, context: Any) -> pb.DiffResponse:
        news, olds = _compared(request.news), _compared(request.old_inputs)
        changed = sorted(key for key in news.keys() | olds.keys() if news.get(key) != olds.get(key))
        return pb.DiffResponse(
            changes=pb.DiffResponse.DIFF_SOME if changed else pb.DiffResponse.DIFF_NONE, diffs=changed
        )

    @answering
    def Create(self, request: Any, context: Any) -> pb.CreateResponse:
        inputs = plain(request.properties)
        if request.preview:
            return pb.CreateResponse(properties=struct(_outputs(inputs, UNKNOWN)))
        return pb.CreateResponse(
            id=inputs["imageName"], properties=struct(_outputs(inputs, self._make(inputs, request.urn)))
        )

    @answering
    def Update(self, request: Any, context: Any) -> pb.UpdateResponse:
        inputs = plain(request.news)
        digest = UNKNOWN if request.preview else self._make(inputs, request.urn)
        return pb.UpdateResponse(properties=struct(_outputs(inputs, digest)))

    @answering
    def Read(self, request: Any, context: Any) -> pb.ReadResponse:
        return pb.ReadResponse(id=request.id, inputs=request.inputs, properties=request.properties)

    def _make(self, inputs: dict[str, Any], urn: str) -> str:
        """Build the image, push it unless told not to, and return its reference by digest, or nothing."""

        def log(line: str) -> None:
            self.inform(line, urn)

        recipe = _recipe(inputs.get("build") or {})
        if client := daemon.chosen():
            return _told(_make_in, client, inputs, recipe, log)
        image = _told(images.build, **recipe, log=log)
        return "" if inputs.get("skipPush") else _told(images.push, image, inputs["imageName"])


def _make_in(
    client: daemon.Client, inputs: dict[str, Any], recipe: dict[str, Any], log: Callable[[str], None]
) -> str:
    """Build and push with a Docker daemon."""
    build: dict[str, Any] = inputs.get("build") or {}
    client.build(**recipe, tag=inputs["imageName"], platform=build.get("platform"), log=log)
    if inputs.get("skipPush"):
        return ""
    given: dict[str, str] = inputs.get("registry") or {}
    login = daemon.Login(given["username"], given["password"]) if "username" in given else None
    return client.push(inputs["imageName"], login, log)


def _recipe(build: dict[str, Any]) -> dict[str, Any]:
    context = Path(build.get("context") or ".").absolute()
    dockerfile = Path(build.get("dockerfile") or context / "Dockerfile").absolute()
    if not context.is_dir():
        raise ProviderError(f"build.context: {context} is no folder")
    if not dockerfile.is_file():
        raise ProviderError(f"build.dockerfile: there is no {dockerfile}")
    return {
        "context": context,
        "dockerfile": dockerfile,
        "build_args": build.get("args") or {},
        "target": build.get("target"),
    }


def _told(action: Any, *arguments: Any, **named: Any) -> Any:
    """Call what builds; what it refuses is told to the user."""
    try:
        return action(*arguments, **named)
    except (images.ImageError, daemon.DaemonError) as error:
        raise ProviderError(str(error)) from error


def _compared(properties: Any) -> dict[str, Any]:
    """Return the inputs that make another image: not the registry's password, which is new each time."""
    inputs = plain(properties)
    return inputs | {"registry": _server(inputs)}


def _server(inputs: dict[str, Any]) -> str:
    registry: dict[str, Any] = inputs.get("registry") or {}
    return registry.get("server", "")


def _outputs(inputs: dict[str, Any], repo_digest: str) -> dict[str, Any]:
    build: dict[str, Any] = inputs.get("build") or {}
    return {
        "baseImageName": inputs["imageName"],
        "context": build.get("context", "."),
        "dockerfile": build.get("dockerfile", "Dockerfile"),
        "imageName": inputs["imageName"],
        "platform": build.get("platform", ""),
        "registryServer": _server(inputs),
        "repoDigest": repo_digest,
    }


if __name__ == "__main__":
    serve(Docker(*sys.argv[1:3]))
