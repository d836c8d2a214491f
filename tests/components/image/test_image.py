"""`Image` under mocks: what is built or copied, under which name, and in what order. Neither is done here."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pulumi
import pytest

from components.existing.existing import Repository
from components.image.image import Image, ImageArgs
from components.image.source import BuildArgs
from components.model.aws.aws_access import AwsAccess
from components.model.image.build_args import of_content
from components.model.settings.dag_settings import DagSettings, DagSourceKind
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Architecture, Settings
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
        architectures=[architecture],
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
    """With the base image and the certificates of the settings, from a project named relatively."""
    build = _image(_args(project, architecture)).one("BuiltImage").inputs
    assert build["platform"] == platform
    assert build["build_args"] == {"BASE_IMAGE": "python:3.12"}
    assert not Path(build["project"]).is_absolute()
    assert Path(build["project"]).resolve() == project


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


def test_neither_an_image_nor_dags_are_refused(tmp_path: Path) -> None:
    """But where the DAGs are no part of the image, a project needs nothing else for one."""
    with pytest.raises(SettingsError, match=f"image.uri .* {tmp_path} hold dags/"):
        BuildArgs.of(Settings(), tmp_path)
    versioned = Settings(dag=DagSettings(source=DagSourceKind.BUNDLE))
    assert BuildArgs.of(versioned, tmp_path).folders == ("docker", "plugins")


def _given(uri: str, repository: Repository | None = None) -> Recording:
    def build() -> None:
        image = Image(
            "i",
            ImageArgs(
                source=uri,
                architectures=[Architecture.X86_64, Architecture.ARM64],
                repository=repository,
                pull_account_ids=[],
                kms_key_arn=None,
                discard_data=False,
                access=ACCESS,
            ),
        )
        image.release_others(pulumi.ResourceOptions())

    return record(build)


def test_an_image_of_ecr_is_copied_into_the_stacks_own_repository() -> None:
    """So that it stays when its own stack expires it, or goes."""
    recording = _given(GIVEN)
    copied = recording.one("ImageCopy")
    assert copied.inputs["source_uri"] == GIVEN
    assert copied.inputs["platforms"] == ["linux/amd64", "linux/arm64"]
    assert recording.one("Repository").urn in recording.before(copied)
    assert recording.one("KeptImage").inputs["uri"] == copied.inputs["repository_url"] + "@sha256:" + "0" * 64


def test_it_is_copied_into_a_companys_repository_where_one_is_named() -> None:
    """Which is not made, and whose rules are the company's."""
    recording = _given(GIVEN, Repository(url=REPOSITORY, arn="arn:repository"))
    assert recording.one("ImageCopy").inputs["repository_url"] == REPOSITORY
    assert not recording.all("Repository")


def test_an_image_of_another_registry_is_deployed_from_there() -> None:
    """No right to pull is given for it, and nothing is made that would keep it or let another one go."""
    recording = _given("docker.io/apache/airflow:3")
    (image,) = recording.resources
    assert recording.outputs[image.urn] == {"uri": "docker.io/apache/airflow:3"}


def test_the_tag_of_an_image_without_dags_does_not_follow_them(project: Path) -> None:
    """Else each changed DAG would deploy all services."""
    args = _args(project)
    assert isinstance(args.source, BuildArgs)
    without = replace(args, source=replace(args.source, folders=("docker", "plugins")))

    def tags() -> list[str]:
        return [_image(one).one("BuiltImage").inputs["tag"] for one in (args, without)]

    before = tags()
    (project / "dags").mkdir()
    (project / "dags" / "a.py").write_text("x = 1")
    after = tags()
    assert after[0] != before[0]
    assert after[1] == before[1]
