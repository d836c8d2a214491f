"""The Airflow image: a repository of its own, built and pushed in the same program, deployed by digest."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from .component import Component
from .existing import Repository
from .model import build_args, iam_documents, image
from .model.settings import Architecture

KEPT_IMAGES = 20
"""Older images than these are deleted; enough to go back a few weeks of deploys."""
PLATFORMS = {Architecture.X86_64: "linux/amd64", Architecture.ARM64: "linux/arm64"}


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """What an `Image` is made from."""

    project: Path
    """The project's folder: the build context, of which `.dockerignore` lets in what the image needs."""
    build_args: Mapping[str, str]
    """Arguments of docker/Dockerfile; all of them show in the image."""
    repository: Repository | None
    """A repository that is there already; None: one is made."""
    pull_account_ids: Sequence[str]
    """Accounts that may pull from the made repository."""
    kms_key_arn: pulumi.Input[str] | None
    """The key of the made repository; None: AWS's own. A change replaces it."""
    architecture: Architecture
    """The processor that the image is for."""
    force_delete: bool
    """Whether the repository may be deleted with images in it."""


class Image(Component):
    """Makes an ECR repository with immutable tags, and the image in it. Preview builds nothing.

    The tag follows the content, so an unchanged context is neither built nor pushed again.

    Errors: where no Docker daemon answers, `up` stops with the provider's own words; `imageUri` deploys an
    existing image instead.
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
            self._registry_id = made.registry_id
        else:
            self.repository_url = pulumi.Output.from_input(args.repository.url)
            self.repository_arn = pulumi.Output.from_input(args.repository.arn)
            self._registry_id = pulumi.Output.from_input(args.repository.registry_id)
        self.uri = self._build().repo_digest
        self._register()

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
            force_delete=args.force_delete,
            opts=self._child(),
        )
        self._forget_old_images(self._name, repository)
        if args.pull_account_ids:
            partition = aws.get_partition(opts=pulumi.InvokeOptions(parent=self)).partition
            document = iam_documents.pull(args.pull_account_ids, partition)
            aws.ecr.RepositoryPolicy(
                self._name,
                repository=repository.name,
                policy=pulumi.Output.json_dumps(document, sort_keys=True),
                opts=self._child(),
            )
        return repository

    def _forget_old_images(self, name: str, repository: aws.ecr.Repository) -> None:
        rule = {
            "rulePriority": 1,
            "description": f"Keep the last {KEPT_IMAGES} images",
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES},
            "action": {"type": "expire"},
        }
        aws.ecr.LifecyclePolicy(
            name,
            repository=repository.name,
            policy=pulumi.Output.json_dumps({"rules": [rule]}, sort_keys=True),
            opts=self._child(),
        )

    def _build(self) -> docker.Image:
        args = self._args
        named = [
            f"{name}={value}" for name, value in args.build_args.items() if name not in build_args.PROXIES
        ]
        tag = image.content_tag(args.project, [args.architecture, *named])
        login = aws.ecr.get_authorization_token_output(
            registry_id=self._registry_id, opts=pulumi.InvokeOutputOptions(parent=self)
        )
        # Relative, so that the state is the same wherever the project lies.
        context = Path(os.path.relpath(args.project))
        return docker.Image(
            self._name,
            image_name=pulumi.Output.concat(self.repository_url, ":", tag),
            build={
                "context": str(context),
                "dockerfile": str(context / "docker" / "Dockerfile"),
                "platform": PLATFORMS[args.architecture],
                "args": args.build_args,
            },
            registry={
                "server": self.repository_url,
                "username": login.user_name,
                "password": pulumi.Output.secret(login.password),
            },
            opts=self._child(),
        )
