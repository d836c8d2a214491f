"""`Image` under mocks: what is built or copied, under which name, and in what order. Neither is done here."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pulumi
import pytest

from components.base.component import Component
from components.existing.existing import Repository
from components.image.deployed_image import DeployedImage, deployed_image
from components.image.image import BuildArgs, Image, ImageArgs
from components.model.aws.aws_access import AwsAccess
from components.model.image.build_args import of_content
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Architecture, ImageSettings, Settings
from tests.helpers.pulumi_mocks import Recording, record

REPOSITORY = "123456789012.dkr.ecr/air"
GIVEN = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow@sha256:" + "1" * 64
ACCESS = AwsAccess().to("123456789012", "eu-west-1")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of the shape that the image is made from."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM x")
    return tmp_path


def _args(project: Path, architecture: Architecture = Architecture.X86_64) -> ImageArgs:
    return ImageArgs(
        source=BuildArgs(
            project=project, build_args={"BASE_IMAGE": "python:3.12"}, architecture=architecture
        ),
        repository=None,
        pull_account_ids=[],
        kms_key_arn=None,
        discard_data=False,
        access=ACCESS,
    )


def _image(args: ImageArgs) -> Recording:
    return record(lambda: Image("air", args))


def test_the_repository_scans_and_never_moves_a_tag(project: Path) -> None:
    """A tag that is there cannot be pushed again; what is kept is `model/image_tags.py`'s matter."""
    recording = _image(_args(project))
    assert recording.one("Repository").inputs == {
        "forceDelete": False,
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
    }
    rules = json.loads(recording.one("LifecyclePolicy").inputs["policy"])["rules"]
    assert [rule["selection"]["tagStatus"] for rule in rules] == ["tagged", "any"]


def test_a_repository_with_images_is_left_where_data_is_kept(project: Path) -> None:
    """ECR refuses to delete it, and each later `up` would fail with that."""
    kept, thrown_away = (
        _image(replace(_args(project), discard_data=force)).one("Repository") for force in (False, True)
    )
    assert (kept.retain_on_delete, thrown_away.retain_on_delete) == (True, False)
    assert thrown_away.inputs["forceDelete"]


def test_the_image_is_deployed_by_digest(project: Path) -> None:
    """What was pushed, not what the tag may mean tomorrow."""
    recording = _image(_args(project))
    outputs = recording.outputs[recording.one("airflow-ecs:index:Image").urn]
    assert outputs["uri"] == f"{REPOSITORY}@sha256:" + "0" * 64


def test_an_image_is_kept_before_anything_runs_it(project: Path) -> None:
    """What takes its name waits for the tag that keeps it."""

    def build() -> None:
        image = Image("air", _args(project))
        image.release_others(pulumi.ResourceOptions())

    recording = record(build)
    kept, others = recording.one("KeptImage"), recording.one("ReleasedImages")
    assert kept.urn in recording.before(others)
    assert kept.inputs["uri"] == others.inputs["uri"] == f"{REPOSITORY}@sha256:" + "0" * 64
    assert kept.inputs["stack"] == others.inputs["stack"] == "air"


@pytest.mark.parametrize(
    ("architecture", "platform"),
    [(Architecture.X86_64, "linux/amd64"), (Architecture.ARM64, "linux/arm64")],
)
def test_it_is_built_for_the_processor_that_runs_it(
    project: Path, architecture: Architecture, platform: str
) -> None:
    """With the base image and the certificates of the settings, from a context named relatively."""
    build = _image(_args(project, architecture)).one("BuiltImage").inputs
    assert build["platform"] == platform
    assert build["build_args"] == {"BASE_IMAGE": "python:3.12"}
    assert not Path(build["context"]).is_absolute()
    assert Path(build["context"]).resolve() == project
    assert Path(build["dockerfile"]).resolve() == project / "docker" / "Dockerfile"


def test_the_tag_follows_the_content(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same content elsewhere has the same tag; another processor makes another image."""
    elsewhere = shutil.copytree(project, tmp_path_factory.mktemp("elsewhere") / "copy")

    def tag(args: ImageArgs) -> str:
        return _image(args).one("BuiltImage").inputs["tag"]

    assert tag(_args(project)) == tag(_args(elsewhere))
    assert tag(_args(project)) != tag(_args(project, Architecture.ARM64))
    (project / "docker" / "Dockerfile").write_text("FROM y")
    assert tag(_args(project)) != tag(_args(elsewhere))


def test_neither_the_way_to_packages_nor_the_commit_is_content() -> None:
    """A laptop has another proxy than a runner, and a revert another commit; only no commit at all counts."""
    content = {"BASE_IMAGE": "x", "PACKAGE_INDEX_URL": "y", "SOURCE_REVISION": "abc"}
    way = {"HTTP_PROXY": "p", "HTTPS_PROXY": "p", "NO_PROXY": "n", "SOURCE_REVISION": "def"}
    assert of_content({**content, **way}, Architecture.ARM64) == of_content(content, Architecture.ARM64)
    traceable = ["ARM64", "BASE_IMAGE=x", "PACKAGE_INDEX_URL=y", "traceable"]
    assert of_content(content, Architecture.ARM64) == traceable
    assert of_content({**content, "SOURCE_REVISION": ""}, Architecture.ARM64) == traceable[:-1]


def test_neither_an_image_nor_a_dockerfile_is_refused(tmp_path: Path) -> None:
    """Where the project is installed as a package, the build context is the program's own."""
    with pytest.raises(SettingsError, match=f"image.uri .* {tmp_path} hold docker/Dockerfile"):
        deployed_image(
            "i",
            Settings(),
            tmp_path,
            repository=None,
            kms_key_arn=None,
            access=ACCESS,
            opts=pulumi.ResourceOptions(),
        )


def _given(uri: str, repository: Repository | None = None) -> tuple[Recording, DeployedImage]:
    found: list[DeployedImage] = []

    class Owner(Component):
        """Something to belong to."""

    def build() -> None:
        image = deployed_image(
            "i",
            Settings(image=ImageSettings(uri=uri)),
            Path("/nowhere"),
            repository=repository,
            kms_key_arn=None,
            access=ACCESS,
            opts=Owner("owner")._child(),  # pyright: ignore[reportPrivateUsage]
        )
        found.append(image)

    return record(build), found[0]


def test_an_image_of_ecr_is_copied_into_the_stacks_own_repository() -> None:
    """So that it stays when its own stack expires it, or goes."""
    recording, image = _given(GIVEN)
    copied = recording.one("ImageCopy")
    assert copied.inputs["source_uri"] == GIVEN
    assert recording.one("Repository").urn in recording.before(copied)
    assert recording.one("KeptImage").inputs["uri"] == copied.inputs["repository_url"] + "@sha256:" + "0" * 64
    assert image.kept is not None


def test_it_is_copied_into_a_companys_repository_where_one_is_named() -> None:
    """Which is not made, and whose rules are the company's."""
    recording, _ = _given(GIVEN, Repository(url=REPOSITORY, arn="arn:repository", registry_id="1"))
    assert recording.one("ImageCopy").inputs["repository_url"] == REPOSITORY
    assert not recording.all("Repository")


def test_an_image_of_another_registry_is_deployed_from_there() -> None:
    """No right to pull is given for it."""
    recording, image = _given("docker.io/apache/airflow:3")
    assert (image.repository_arn, image.kept) == (None, None)
    assert not [one for one in recording.resources if one.custom]
