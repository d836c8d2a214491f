"""The image of a cluster, without the cluster."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.base.component import Component
from components.existing.existing import Repository
from components.image.image import Image, ImageArgs
from components.image.source import BuildArgs
from components.model.aws.aws_access import AwsAccess
from components.model.settings.configuration import parse

CONFIG = pulumi.Config()
SETTINGS = parse(CONFIG.require_object("settings"))


class Owner(Component):
    """What the image belongs to."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        found = None
        if SETTINGS.image.repository:
            there = aws.ecr.get_repository(name=SETTINGS.image.repository)
            found = Repository(url=there.repository_url, arn=there.arn)
        image = Image(
            name,
            ImageArgs(
                source=SETTINGS.image.uri or BuildArgs.of(SETTINGS, Path(CONFIG.require("folder"))),
                architectures=[SETTINGS.architecture],
                repository=found,
                pull_account_ids=SETTINGS.image.pull_account_ids,
                kms_key_arn=None,
                discard_data=SETTINGS.discard_data,
                access=AwsAccess().to(aws.get_caller_identity().account_id, aws.get_region().region),
            ),
            self._child(),
        )
        image.release_others(self._child())
        pulumi.export("uri", image.uri)


Owner(pulumi.get_stack())
