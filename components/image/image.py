"""The Airflow image in a repository of the stack's own: built there, or copied there; deployed by digest."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..existing.existing import Repository
from ..model import image_contract as image
from ..model.iam import resource_policies
from ..model.image import build_args, image_tags
from ..model.settings.settings import Architecture
from .built_image import BuiltImage
from .image_copy import ImageCopy
from .kept_image import KeptImage
from .released_images import ReleasedImages

PLATFORMS = {Architecture.X86_64: "linux/amd64", Architecture.ARM64: "linux/arm64"}


@dataclass(frozen=True, kw_only=True)
class BuildArgs:
    """What an image is built from."""

    project: Path
    """The project's folder: the build context, of which `.dockerignore` lets in what the image needs."""
    build_args: Mapping[str, str]
    """Arguments of docker/Dockerfile; all of them show in the image."""
    architecture: Architecture
    """The processor that the image is for."""


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """What an `Image` is made from."""

    source: BuildArgs | str
    """What is built, or the name of an image of ECR that is copied."""
    repository: Repository | None
    """A repository that is there already; None: one is made."""
    pull_account_ids: Sequence[str]
    """Accounts that may pull from the made repository."""
    kms_key_arn: pulumi.Input[str] | None
    """The key of the made repository; None: AWS's own. A change makes another repository."""
    discard_data: bool
    """Delete the repository with its images; else it stays when the stack is destroyed."""
    access: Mapping[str, Any]
    """As whom this machine asks ECR."""


class Image(Component):
    """Makes an ECR repository with immutable tags, and the image in it. Preview builds and copies nothing.

    The tag follows the content, and what is there under it is not built again. What runs is never deleted.

    Errors: `up` stops with Docker's last lines, or with what keeps an image from being copied.
    """

    uri: pulumi.Output[str]
    """The image by digest."""
    repository_arn: pulumi.Output[str]
    """ARN of the repository."""
    repository_url: pulumi.Output[str]
    """Where images are pushed to."""

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        if args.repository is None:
            made = self._repository()
            self.repository_url, self.repository_arn = made.repository_url, made.arn
        else:
            self.repository_url = pulumi.Output.from_input(args.repository.url)
            self.repository_arn = pulumi.Output.from_input(args.repository.arn)
        there = self._copy(args.source) if isinstance(args.source, str) else self._build(args.source)
        kept = KeptImage(name, uri=there, stack=name, access=args.access, opts=self._child())
        # What runs the image waits until it is kept.
        self.uri = pulumi.Output.all(there, kept.urn).apply(lambda known: str(known[0]))
        self._register()

    def release_others(self, opts: pulumi.ResourceOptions) -> None:
        """Let images go that the stack ran before, when what `opts` depends on is there."""
        name, access = f"{self._name}-others", self._args.access
        ReleasedImages(name, uri=self.uri, stack=self._name, access=access, opts=opts)

    def _repository(self) -> aws.ecr.Repository:
        args = self._args
        encryption: aws.ecr.RepositoryEncryptionConfigurationArgsDict = {
            "encryption_type": "KMS",
            "kms_key": args.kms_key_arn,
        }
        repository = aws.ecr.Repository(
            self._name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=None if args.kms_key_arn is None else [encryption],
            force_delete=args.discard_data,
            # ECR deletes no repository with images in it, and `up` would try for ever.
            opts=self._child(pulumi.ResourceOptions(retain_on_delete=not args.discard_data)),
        )
        aws.ecr.LifecyclePolicy(
            self._name,
            repository=repository.name,
            policy=pulumi.Output.json_dumps(image_tags.lifecycle_policy(), sort_keys=True),
            opts=self._child(),
        )
        if args.pull_account_ids:
            partition = aws.get_partition(opts=pulumi.InvokeOptions(parent=self)).partition
            document = resource_policies.pull(args.pull_account_ids, partition)
            aws.ecr.RepositoryPolicy(
                self._name,
                repository=repository.name,
                policy=pulumi.Output.json_dumps(document, sort_keys=True),
                opts=self._child(),
            )
        return repository

    def _build(self, args: BuildArgs) -> pulumi.Output[str]:
        # Relative, so that the state is the same wherever the project lies.
        context = Path(os.path.relpath(args.project))
        return BuiltImage(
            self._name,
            repository_url=self.repository_url,
            tag=image.content_tag(args.project, build_args.of_content(args.build_args, args.architecture)),
            context=str(context),
            dockerfile=str(context / "docker" / "Dockerfile"),
            platform=PLATFORMS[args.architecture],
            build_args=args.build_args,
            access=self._args.access,
            opts=self._child(),
        ).uri

    def _copy(self, uri: str) -> pulumi.Output[str]:
        return ImageCopy(
            self._name,
            source_uri=uri,
            repository_url=self.repository_url,
            access=self._args.access,
            opts=self._child(),
        ).uri
