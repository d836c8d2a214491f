"""The image that a cluster runs: built or copied into a repository of ECR, or one of another registry."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..existing.existing import Repository
from ..model.aws.registries import EcrImage
from ..model.iam import resource_policies
from ..model.image import build_args, context, image_tags
from ..model.settings.settings import Architecture
from .built_image import BuiltImage
from .image_copy import ImageCopy
from .kept_image import KeptImage
from .released_images import ReleasedImages
from .source import BuildArgs

PLATFORMS = {Architecture.X86_64: "linux/amd64", Architecture.ARM64: "linux/arm64"}


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """What an `Image` is made from."""

    source: BuildArgs | str
    """What is built, or the name of an image that exists: one of ECR is copied."""
    architectures: Collection[Architecture]
    """The processors that it must be for."""
    repository: Repository | None
    """An existing repository; None: one is created."""
    pull_account_ids: Sequence[str]
    """Accounts that may pull from the created repository."""
    kms_key_arn: pulumi.Input[str] | None
    """The KMS key of the created repository; None: S3 managed keys. A change replaces the repository."""
    discard_data: bool
    """Delete the repository with its images; else it stays when the stack is destroyed."""
    access: Mapping[str, Any]
    """The identity for calls to ECR from this machine; see `AwsAccess`."""


class Image(Component):
    """Makes an ECR repository with immutable tags, and the image in it. Preview builds and copies nothing.

    The tag follows the content, and what is there under it is not built again. What runs is never deleted.

    An image of another registry is run from there, and nothing is made: whether it stays is its registry's
    affair.

    Errors: `up` stops with Docker's last lines, or with what keeps an image from being copied.
    """

    uri: pulumi.Output[str]
    """The image, by digest where it lies in ECR."""
    repository_arn: pulumi.Output[str] | None
    """The ECR repository that it is pulled from; None for another registry."""

    def __init__(self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        source = args.source
        if isinstance(source, str) and EcrImage.parse(source) is None:
            self.uri, self.repository_arn = pulumi.Output.from_input(source), None
        else:
            self.uri, self.repository_arn = self._in_ecr(source)
        self._register()

    def release_others(self, opts: pulumi.ResourceOptions) -> None:
        """Let images go that the stack ran before, when what `opts` depends on is there."""
        if self.repository_arn is not None:
            name, access = f"{self._name}-others", self._args.access
            ReleasedImages(name, uri=self.uri, stack=self._name, access=access, opts=opts)

    def _in_ecr(self, source: BuildArgs | str) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
        """Give the image by digest, and the ARN of its repository."""
        name, args = self._name, self._args
        repository = args.repository or self._repository()
        there = (
            self._copy(source, repository.url)
            if isinstance(source, str)
            else self._build(source, repository.url)
        )
        kept = KeptImage(name, uri=there, stack=name, access=args.access, opts=self._child())
        # What runs the image waits until it is kept.
        return kept.uri, pulumi.Output.from_input(repository.arn)

    def _repository(self) -> Repository:
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
        return Repository(url=repository.repository_url, arn=repository.arn)

    def _build(self, args: BuildArgs, repository_url: pulumi.Input[str]) -> pulumi.Output[str]:
        return BuiltImage(
            self._name,
            repository_url=repository_url,
            tag=context.tag(
                args.project, build_args.of_content(args.build_args, args.architecture), args.folders
            ),
            # Relative, so that the state is the same wherever the project lies.
            project=os.path.relpath(args.project),
            platform=PLATFORMS[args.architecture],
            build_args=args.build_args,
            access=self._args.access,
            opts=self._child(),
        ).uri

    def _copy(self, uri: str, repository_url: pulumi.Input[str]) -> pulumi.Output[str]:
        return ImageCopy(
            self._name,
            source_uri=uri,
            repository_url=repository_url,
            platforms=sorted(PLATFORMS[one] for one in self._args.architectures),
            access=self._args.access,
            opts=self._child(),
        ).uri
