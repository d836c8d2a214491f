"""The image that a cluster runs: built here, copied here, or one of another registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi

from ..base.lookups import UnusableError
from ..existing.existing import Repository
from ..model.aws.registries import EcrImage
from ..model.image import build_args
from ..model.image_contract import airflow_version
from ..model.settings.errors import at
from ..model.settings.settings import Settings
from .image import BuildArgs, Image, ImageArgs
from .source import check_builder, revision


@dataclass(frozen=True, kw_only=True)
class DeployedImage:
    """The image that a cluster runs, built, copied or given."""

    uri: pulumi.Output[str]
    """The image, by digest where it lies in a repository of ECR."""
    repository_arn: pulumi.Input[str] | None
    """The ECR repository that it is pulled from; None for another registry."""
    kept: Image | None
    """What keeps it in its repository; None: another registry does, or does not."""

    def release_others(self, *, after: Sequence[pulumi.Resource], opts: pulumi.ResourceOptions) -> None:
        """Let images go that ran before, when all that runs this one is there."""
        if self.kept is not None:
            self.kept.release_others(
                pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=after))
            )


def deployed_image(
    name: str,
    settings: Settings,
    project: Path,
    *,
    repository: Repository | None,
    kms_key_arn: pulumi.Input[str] | None,
    access: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> DeployedImage:
    """Give the image that the settings name, or build it from the project's docker/ and dags/.

    An image of another registry than ECR is run from there: whether it stays is its registry's affair.

    Raises:
        UnusableError: there is nothing to build, or this machine cannot build for the architecture.
    """
    uri = settings.image.uri
    if uri and EcrImage.parse(uri) is None:
        return DeployedImage(uri=pulumi.Output.from_input(uri), repository_arn=None, kept=None)
    made = Image(
        name,
        ImageArgs(
            source=uri or _build(settings, project),
            repository=repository,
            pull_account_ids=settings.image.pull_account_ids,
            kms_key_arn=kms_key_arn,
            discard_data=settings.discard_data,
            access=access,
        ),
        opts,
    )
    return DeployedImage(uri=made.uri, repository_arn=made.repository_arn, kept=made)


def _build(settings: Settings, project: Path) -> BuildArgs:
    if not (project / "docker" / "Dockerfile").is_file():
        message = f"must name an image, or {project} hold docker/Dockerfile to build one; neither does"
        raise UnusableError([at("image.uri", message)])
    check_builder(settings.architecture)
    ca_file = settings.image.extra_ca_file
    return BuildArgs(
        project=project,
        build_args=build_args.build_args(
            settings,
            (project / ca_file).read_text() if ca_file else "",
            airflow_version=airflow_version(project),
            revision=revision(project),
        ),
        architecture=settings.architecture,
    )
