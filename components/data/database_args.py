"""What the database that the cluster creates is made from."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from ..base.resource_defaults import ResourceDefaults
from ..model.settings.settings import DatabaseSettings


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What a `Database` is made from."""

    settings: DatabaseSettings
    """Class, version, storage, backups."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets in at least two zones."""
    security_group_id: pulumi.Input[str]
    """The security group of the instance."""
    defaults: ResourceDefaults
    """Defaults of IAM roles, and the KMS key of storage and secrets; another key replaces the database."""
    protect: bool
    """Refuse deletion, in Pulumi and at AWS, and keep a last snapshot."""
    discard_data: bool
    """Take no last snapshot, and delete the secrets at once."""
