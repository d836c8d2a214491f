"""The image that a cluster runs: built here, or one that is there already."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from .existing import Repository
from .image import Image, ImageArgs
from .look_ups import UnusableError
from .model import build_args
from .model.image import airflow_version
from .model.registries import ecr_repository_arn
from .model.settings import Settings
from .source import check_builder, revision


@dataclass(frozen=True, kw_only=True)
class DeployedImage:
    """The image that a cluster runs, built here or given."""

    uri: pulumi.Output[str]
    """The image, by digest where it was built here."""
    repository_arn: pulumi.Input[str] | None
    """The ECR repository that it is pulled from; None for another registry."""


def deployed_image(
    name: str,
    settings: Settings,
    project: Path,
    *,
    repository: Repository | None,
    kms_key_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> DeployedImage:
    """Give the image that the settings name, or build it from the project's docker/ and dags/.

    Raises:
        UnusableError: there is nothing to build, or this machine cannot build for the architecture.
    """
    if settings.image.uri:
        partition = aws.get_partition(opts=pulumi.InvokeOptions(parent=opts.parent)).partition
        return DeployedImage(
            uri=pulumi.Output.from_input(settings.image.uri),
            repository_arn=ecr_repository_arn(settings.image.uri, partition),
        )
    if not (project / "docker" / "Dockerfile").is_file():
        fault = f"imageUri must name an image, or {project} hold docker/Dockerfile to build one; neither does"
        raise UnusableError([fault])
    check_builder(settings.architecture)
    ca_file = settings.image.extra_ca_file
    arguments = build_args.build_args(
        settings,
        (project / ca_file).read_text() if ca_file else "",
        airflow_version=airflow_version(project),
        revision=revision(project),
    )
    built = Image(
        name,
        ImageArgs(
            project=project,
            build_args=arguments,
            repository=repository,
            pull_account_ids=settings.image.pull_account_ids,
            kms_key_arn=kms_key_arn,
            architecture=settings.architecture,
            force_delete=settings.discard_data,
        ),
        opts,
    )
    return DeployedImage(uri=built.uri, repository_arn=built.repository_arn)
