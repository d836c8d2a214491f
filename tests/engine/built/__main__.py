"""The image of a cluster, without the cluster."""

from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.base.component import Component
from components.existing.existing import Repository
from components.image.deployed_image import deployed_image
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
            found = Repository(url=there.repository_url, arn=there.arn, registry_id=there.registry_id)
        image = deployed_image(
            name,
            SETTINGS,
            Path(CONFIG.require("folder")),
            repository=found,
            kms_key_arn=None,
            access=AwsAccess().to(aws.get_caller_identity().account_id, aws.get_region().region),
            opts=self._child(),
        )
        image.release_others(after=[], opts=self._child())
        pulumi.export("uri", image.uri)


Owner(pulumi.get_stack())
