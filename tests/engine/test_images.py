"""One image over all that may happen to it: a revert, other modes, another proxy, a lost state, two stacks.

The image is small, and nothing runs it. The embedded account's registry refuses what ECR refuses, and each
build of the stand-in for Docker has another digest; that Docker's and ECR's own words are these is not proved
here.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pulumi import automation as auto

from components.model.image.image_tags import RETAINED_IMAGES
from embedded_aws import images
from tests.engine.bench import Bench
from tests.engine.changes import named, preview
from tests.engine.shipped import client

PROGRAM = Path(__file__).parent / "built"

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="images")]


class Deployed:
    """A stack with an image, and a folder with sources to build it from."""

    def __init__(self, bench: Bench, folder: Path, stack: str) -> None:
        self.folder, self.name, self._bench = folder, stack, bench
        self._settings = {"protectData": "false", "discardData": "true"}
        for part in ("docker", "dags", "plugins"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "docker" / "Dockerfile").write_text("FROM x\nCOPY dags /opt/airflow/dags\n")
        self.write("one")

    def write(self, dag: str) -> None:
        """Change the DAG."""
        (self.folder / "dags" / "dag.py").write_text(dag)

    def set(self, **settings: str) -> None:
        """Change the settings."""
        self._settings |= settings

    @property
    def stack(self) -> auto.Stack:
        """The stack as it is now."""
        settings = {"built:folder": str(self.folder), "built:settings": json.dumps(self._settings)}
        return self._bench.stack(self.name, settings, project=PROGRAM)

    def up(self) -> str:
        """Deploy, see that nothing is left to do and that this image alone is kept, and return the image."""
        stack = self.stack
        uri = str(stack.up().outputs["uri"].value)
        assert preview(stack) == set()
        prefix = f"deployed-{self.name}-"
        kept = [digest for digest, tags in pushed(uri).items() if any(tag.startswith(prefix) for tag in tags)]
        assert kept == [uri.partition("@")[2]]
        return uri


def pushed(uri: str) -> dict[str, list[str]]:
    """List the images of a repository: tags by digest."""
    repository = uri.partition("/")[2].partition("@")[0]
    found = client("ecr").describe_images(repositoryName=repository)["imageDetails"]
    return {one["imageDigest"]: one.get("imageTags", []) for one in found}


@pytest.fixture
def deployed(bench: Bench, tmp_path: Path) -> Iterator[Callable[[str], Deployed]]:
    """Make stacks, which are gone afterwards."""
    made: list[Deployed] = []

    def make(name: str) -> Deployed:
        made.append(Deployed(bench, tmp_path / name, name))
        return made[-1]

    yield make
    for one in made:
        one.stack.destroy()
        one.stack.workspace.remove_stack(one.name)


def test_a_revert_deploys_the_image_that_is_there(deployed: Callable[[str], Deployed]) -> None:
    """A, B, A: the first image is not built again, and a preview of a change shows it."""
    dev = deployed("revert")
    first = dev.up()
    dev.write("two")
    assert ("pulumi-python:dynamic/index:BuiltImage", "revert") in named(preview(dev.stack))
    assert dev.up() != first
    dev.write("one")
    assert dev.up() == first


def test_what_does_not_change_the_image_builds_none(deployed: Callable[[str], Deployed]) -> None:
    """Another umask, another proxy."""
    dev = deployed("modes")
    first = dev.up()
    for path in dev.folder.rglob("*"):
        path.chmod(path.stat().st_mode | 0o020)
    assert dev.up() == first
    dev.set(proxyUrl="http://proxy.example.com:3128", proxyExceptions='[".example.com"]')
    assert dev.up() == first


def test_a_push_whose_state_was_lost_is_found_again(deployed: Callable[[str], Deployed]) -> None:
    """As after an `up` that was killed between the push and the saved state."""
    dev = deployed("lost")
    dev.up()
    dev.write("two")
    before = dev.stack.export_stack()
    uri = dev.up()
    dev.stack.import_stack(before)
    assert dev.up() == uri


def test_an_image_that_somebody_deleted_is_built_again(deployed: Callable[[str], Deployed]) -> None:
    """A refresh notices, and `up` makes it."""
    dev = deployed("deleted")
    uri = dev.up()
    repository = uri.partition("/")[2].partition("@")[0]
    ids = [{"imageDigest": uri.partition("@")[2]}]
    client("ecr").batch_delete_image(repositoryName=repository, imageIds=ids)
    dev.stack.refresh()
    again = dev.up()
    assert again != uri
    assert list(pushed(again)) == [again.partition("@")[2]]


def test_two_stacks_share_a_repository(deployed: Callable[[str], Deployed]) -> None:
    """The second deploys what the first pushed, and each keeps its own when the other goes."""
    client("ecr").create_repository(repositoryName="company/shared", imageTagMutability="IMMUTABLE")
    one, two = deployed("one"), deployed("two")
    for stack in (one, two):
        stack.set(imageRepository="company/shared")
    first = one.up()
    assert two.up() == first
    two.stack.destroy()
    assert one.up() == first


def test_a_promoted_image_outlives_where_it_came_from(deployed: Callable[[str], Deployed]) -> None:
    """It is copied by digest: neither what its source expires, nor its destroy, nor newer images reach it."""
    dev, prod = deployed("dev"), deployed("prod")
    source = dev.up()
    prod.set(imageUri=source)
    copied = prod.up()
    digest = source.partition("@")[2]
    assert copied.partition("@")[2] == digest
    assert copied != source
    dev.stack.destroy()
    repository, dockerfile = copied.partition("@")[0], dev.folder / "docker" / "Dockerfile"
    for number in range(RETAINED_IMAGES + 1):
        image = images.build(context=dev.folder, dockerfile=dockerfile, build_args={}, log=lambda _: None)
        images.push(image, f"{repository}:v{number}")
    assert digest in pushed(copied)
    assert len(pushed(copied)) == RETAINED_IMAGES + 1
    assert prod.up() == copied
