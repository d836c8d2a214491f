"""`Image` under mocks: what is built and under which name. The Docker provider itself is not run here."""

import json
import shutil
from pathlib import Path

import pulumi
import pytest
from recording import Recording, record

from components.deployed_image import deployed_image
from components.image import Image, ImageArgs
from components.model.settings import Architecture, ImageSettings, Settings, SettingsError

REPOSITORY = "123456789012.dkr.ecr/air"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of the shape that the image is made from."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").write_text("FROM x")
    return tmp_path


def _args(project: Path, architecture: Architecture = Architecture.X86_64) -> ImageArgs:
    return ImageArgs(
        project=project,
        build_args={"BASE_IMAGE": "python:3.12"},
        repository=None,
        pull_account_ids=[],
        kms_key_arn=None,
        architecture=architecture,
        force_delete=False,
    )


def _image(args: ImageArgs) -> Recording:
    return record(lambda: Image("air", args))


def test_the_repository_scans_and_never_moves_a_tag(project: Path) -> None:
    """A tag that is there cannot be pushed again; old images go, the last twenty stay."""
    recording = _image(_args(project))
    assert recording.one("Repository").inputs == {
        "forceDelete": False,
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
    }
    (rule,) = json.loads(recording.one("LifecyclePolicy").inputs["policy"])["rules"]
    assert (rule["selection"]["countNumber"], rule["action"]) == (20, {"type": "expire"})


def test_the_image_is_deployed_by_digest(project: Path) -> None:
    """What was pushed, not what the tag may mean tomorrow."""
    recording = _image(_args(project))
    outputs = recording.outputs[recording.one("airflow-ecs:index:Image").urn]
    assert outputs["uri"].startswith(f"{REPOSITORY}:")
    assert outputs["uri"].endswith("@sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("architecture", "platform"),
    [(Architecture.X86_64, "linux/amd64"), (Architecture.ARM64, "linux/arm64")],
)
def test_it_is_built_for_the_processor_that_runs_it(
    project: Path, architecture: Architecture, platform: str
) -> None:
    """With the base image and the certificates of the settings, from a context named relatively."""
    build = _image(_args(project, architecture)).one("docker:index/image:Image").inputs["build"]
    assert build["platform"] == platform
    assert build["args"] == {"BASE_IMAGE": "python:3.12"}
    assert not Path(build["context"]).is_absolute()
    assert Path(build["context"]).resolve() == project
    assert Path(build["dockerfile"]).resolve() == project / "docker" / "Dockerfile"


def test_the_registrys_password_is_kept_secret(project: Path) -> None:
    """It is good for twelve hours, and would stand in the state."""
    recording = _image(_args(project))
    registry = recording.one("docker:index/image:Image").clear["registry"]
    assert registry == {"server": REPOSITORY, "username": "AWS", "password": "[secret]"}
    assert "planted" not in recording.in_clear()


def test_the_name_follows_the_content(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The same content elsewhere has the same name; another processor makes another image."""
    elsewhere = shutil.copytree(project, tmp_path_factory.mktemp("elsewhere") / "copy")

    def name(args: ImageArgs) -> str:
        return _image(args).one("docker:index/image:Image").inputs["imageName"]

    assert name(_args(project)) == name(_args(elsewhere))
    assert name(_args(project)) != name(_args(project, Architecture.ARM64))
    (project / "docker" / "Dockerfile").write_text("FROM y")
    assert name(_args(project)) != name(_args(elsewhere))


def test_neither_an_image_nor_a_dockerfile_is_refused(tmp_path: Path) -> None:
    """Where the project is installed as a package, the build context is the program's own."""
    with pytest.raises(SettingsError, match=f"imageUri .* {tmp_path} hold docker/Dockerfile"):
        deployed_image(
            "i",
            Settings(),
            tmp_path,
            repository=None,
            kms_key_arn=None,
            opts=pulumi.ResourceOptions(),
        )


def test_an_image_that_is_there_is_deployed_and_nothing_built(project: Path) -> None:
    """From ECR the tasks get the right to pull it; elsewhere there is none to give."""
    given = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/airflow@sha256:00"
    found: list[object] = []

    def build() -> None:
        from components.component import Component  # noqa: PLC0415, only here

        class Owner(Component):
            """Something to belong to."""

        owner = Owner("owner")
        for uri in (given, "docker.io/apache/airflow:3"):
            image = deployed_image(
                "i",
                Settings(image=ImageSettings(uri=uri)),
                project,
                repository=None,
                kms_key_arn=None,
                opts=owner._child(),  # pyright: ignore[reportPrivateUsage]
            )
            found.append(image.repository_arn)

    recording = record(build)
    assert found == ["arn:aws:ecr:eu-west-1:123456789012:repository/team/airflow", None]
    assert not [one for one in recording.resources if one.custom]
