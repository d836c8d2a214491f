"""The platforms of an existing image, on hand-made answers of ECR. `tests/engine` copies real ones."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from components.image import image_copy, image_platforms
from components.image.ecr_images import CopyError
from components.image.image_copy import ImageCopyProvider
from components.model.aws.registries import EcrImage

IMAGE = EcrImage(registry_id="123456789012", region="eu-west-1", repository="team/airflow", tag="v1")
ONE: dict[str, Any] = {"config": {"digest": "sha256:c"}, "layers": []}
AMD64 = {"os": "linux", "architecture": "amd64"}
LIST: dict[str, Any] = {
    "manifests": [
        {"digest": "sha256:a", "platform": AMD64},
        {"digest": "sha256:b", "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
        {"digest": "sha256:d", "platform": {"os": "unknown", "architecture": "unknown"}},
    ]
}


class Ecr:
    """Answers as ECR does for one image."""

    def __init__(self, manifest: dict[str, Any]) -> None:
        self._manifest = manifest
        self.asked: list[tuple[str, Any]] = []

    def batch_get_image(self, **given: Any) -> dict[str, Any]:
        """Give the manifest; that of one member of a list by its digest."""
        self.asked.append((given["repositoryName"], given["imageIds"]))
        found = ONE if given["imageIds"] == [{"imageDigest": "sha256:one"}] else self._manifest
        return {"images": [{"imageManifest": json.dumps(found)}]}


@pytest.fixture(autouse=True)
def configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the configuration of an image in two parts."""

    def download(_ecr: Any, _image: EcrImage, digest: str) -> Iterator[bytes]:
        assert digest == "sha256:c"
        text = json.dumps(AMD64).encode()
        yield from (text[:5], text[5:])

    monkeypatch.setattr(image_platforms, "download", download)


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        (ONE, {"linux/amd64"}),
        (LIST, {"linux/amd64", "linux/arm64"}),
        ({"manifests": [{"digest": "sha256:one"}]}, {"linux/amd64"}),
    ],
)
def test_the_platforms_of_an_image_are_read_from_it(manifest: dict[str, Any], found: set[str]) -> None:
    """One in its configuration, a list in its entries or in theirs; attestations are for nothing."""
    assert image_platforms.platforms(Ecr(manifest), IMAGE) == found
    image_platforms.check_platforms(Ecr(manifest), IMAGE, sorted(found))


def test_an_image_that_lacks_a_processor_is_refused_before_it_is_copied() -> None:
    """Else its tasks fail to start, after half of a deployment."""
    with pytest.raises(CopyError) as stopped:
        image_platforms.check_platforms(Ecr(ONE), IMAGE, ["linux/amd64", "linux/arm64"])
    assert str(stopped.value) == (
        "the image in team/airflow is for linux/amd64; tasks need linux/arm64. Name an image for all that "
        "they need in imageUri (in Python image.uri), or change architecture (in Python architecture) or "
        "that of workerGroups (in Python worker_groups)"
    )


@pytest.mark.parametrize("changed", ["source_uri", "repository_url", "platforms"])
def test_another_image_place_or_processor_is_looked_at(changed: str) -> None:
    """In a state of before, without platforms, too."""
    props: dict[str, Any] = {"source_uri": "a", "repository_url": "b", "platforms": ["linux/amd64"]}
    provider = ImageCopyProvider()
    assert provider.diff("copy", props, props).changes is False
    assert provider.diff("copy", props, {**props, changed: ["other"]}).changes is True
    assert provider.diff("copy", {key: props[key] for key in props if key != changed}, props).changes is True


def test_of_the_same_image_the_copy_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """For another processor, or by a newer program: the stack that built the image may have expired it."""
    ecr = Ecr(ONE)

    def of_region(_region: str) -> Ecr:
        return ecr

    def clients(_access: Any) -> Any:
        return SimpleNamespace(ecr=of_region)

    monkeypatch.setattr(image_copy, "AwsClients", clients)
    url = "123456789012.dkr.ecr.us-east-1.amazonaws.com/airflow"
    digest = f"sha256:{'a' * 64}"
    source = f"{url.replace('airflow', 'team')}:v1"
    before: dict[str, Any] = {
        "source_uri": source,
        "repository_url": url,
        "access": {},
        "uri": f"{url}@{digest}",
    }
    after: dict[str, Any] = {**before, "platforms": ["linux/amd64"], "uri": None}
    assert ImageCopyProvider().update("copy", before, after).outs == {**after, "uri": before["uri"]}
    assert ecr.asked == [("airflow", [{"imageDigest": digest}])]
    with pytest.raises(CopyError, match="the image in airflow is for linux/amd64; tasks need linux/arm64"):
        ImageCopyProvider().update("copy", before, {**after, "platforms": ["linux/arm64"]})
