"""The image provider builds what changed, checks before it builds, and keeps no password.

This proves nothing about pulumi-docker itself.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2 as pb

from local import images
from local.engine import provider
from local.engine.docker_provider import Docker

URN = "urn:pulumi:dev::p::docker:index/image:Image::image"
REFERENCE = "registry.test/app:v1"


class RefusedError(Exception):
    """What the engine would show."""


def abort(_code: Any, message: str) -> None:
    """Stand for the end of a request."""
    raise RefusedError(message)


CONTEXT: Any = SimpleNamespace(abort=abort)


@pytest.fixture
def docker(monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Return a provider whose builder needs no sandbox: it names an image after its build arguments."""

    def build(*, build_args: dict[str, str], log: Any, **_: Any) -> str:
        log("built")
        return f"sha256:{build_args.get('VERSION', '0')}"

    def push(image: str, reference: str) -> str:
        return f"{reference.rsplit(':', 1)[0]}@{image}"

    def unheard(_line: str, _urn: str) -> None:
        """Stand for the engine that shows what a build says."""

    monkeypatch.setattr(images, "build", build)
    monkeypatch.setattr(images, "push", push)
    result = Docker("1", "127.0.0.1:1")
    monkeypatch.setattr(result, "inform", unheard)
    return result


@pytest.fixture
def inputs(tmp_path: Path) -> dict[str, Any]:
    """Return a program's arguments, with a context that can be built."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nARG VERSION\nCOPY a.txt /opt/\n")
    (tmp_path / "a.txt").write_text("a")
    return {
        "imageName": REFERENCE,
        "build": {"context": str(tmp_path), "args": {"VERSION": "1"}},
        "registry": {"server": "registry.test", "username": "u", "password": "first"},
    }


def checked(docker: Docker, inputs: dict[str, Any]) -> Any:
    """Return the inputs as the provider completes them."""
    return docker.Check(pb.CheckRequest(urn=URN, news=provider.struct(inputs)), CONTEXT).inputs


def test_a_changed_file_is_a_change_and_a_new_password_is_none(
    docker: Docker, inputs: dict[str, Any]
) -> None:
    """A registry's token is another one at each run."""
    before = checked(docker, inputs)
    inputs["registry"]["password"] = "second"
    same = checked(docker, inputs)
    (Path(inputs["build"]["context"]) / "a.txt").write_text("b")
    after = checked(docker, inputs)

    diffs = [
        docker.Diff(pb.DiffRequest(urn=URN, old_inputs=before, news=news), CONTEXT) for news in (same, after)
    ]
    assert [list(diff.diffs) for diff in diffs] == [[], ["build"]]
    assert diffs[0].changes == pb.DiffResponse.DIFF_NONE


def test_what_cannot_be_built_is_refused_before_anything_is(docker: Docker, inputs: dict[str, Any]) -> None:
    """A preview already says so."""
    with pytest.raises(RefusedError, match=r"build\.dockerfile: there is no /nowhere"):
        checked(docker, inputs | {"build": inputs["build"] | {"dockerfile": "/nowhere"}})
    with pytest.raises(RefusedError, match=r"build\.context: /nowhere is no folder"):
        checked(docker, inputs | {"build": {"context": "/nowhere"}})


def test_an_unknown_argument_makes_an_unknown_digest(docker: Docker, inputs: dict[str, Any]) -> None:
    """A preview of a first deployment goes on."""
    inputs["build"]["args"]["VERSION"] = provider.UNKNOWN
    assert provider.plain(checked(docker, inputs))["build"]["contextDigest"] == provider.UNKNOWN


@pytest.mark.parametrize(
    ("preview", "skip", "digest"),
    [
        (False, False, "registry.test/app@sha256:1"),
        (False, True, ""),
        (True, False, provider.UNKNOWN),
    ],
)
def test_the_outputs_name_the_image_and_keep_no_password(
    docker: Docker, inputs: dict[str, Any], digest: str, *, preview: bool, skip: bool
) -> None:
    """Nothing is pushed where the program says so, and a preview does not know the digest."""
    request = pb.CreateRequest(
        urn=URN, properties=provider.struct(inputs | {"skipPush": skip}), preview=preview
    )
    outputs = provider.plain(docker.Create(request, CONTEXT).properties)
    assert outputs == {
        "baseImageName": REFERENCE,
        "imageName": REFERENCE,
        "context": inputs["build"]["context"],
        "dockerfile": "Dockerfile",
        "platform": "",
        "registryServer": "registry.test",
        "repoDigest": digest,
    }
