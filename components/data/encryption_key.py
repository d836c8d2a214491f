"""A KMS key of the cluster's own.

Idle cost: 1 USD a month, and its requests.
"""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.iam import resource_policies

DELETION_DAYS = 30
"""Days in which a deleted key, and so everything encrypted with it, can be brought back."""


@dataclass(frozen=True, kw_only=True)
class EncryptionKeyArgs:
    """What an `EncryptionKey` is made from."""

    account_id: str
    """The account whose IAM policies allow its use."""
    partition: str
    """AWS's partition, such as `aws` or `aws-cn`."""
    region: str
    """The region whose CloudWatch Logs may use it."""
    alarms: bool
    """Whether CloudWatch alarms may use it too."""
    protect: bool
    """Refuse deletion through Pulumi."""


class EncryptionKey(Component):
    """Makes a symmetric key that rotates every year, for everything that the cluster stores.

    Stateful: without it nothing encrypted can be read. Protected while `protect` is set.
    """

    arn: pulumi.Output[str]
    """ARN of the key."""

    def __init__(
        self, name: str, args: EncryptionKeyArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        policy = resource_policies.encryption_key(
            args.partition, args.account_id, args.region, alarms=args.alarms
        )
        key = aws.kms.Key(
            name,
            description="Airflow: everything stored",
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            policy=pulumi.Output.json_dumps(policy, sort_keys=True),
            opts=self._child(pulumi.ResourceOptions(protect=args.protect)),
        )
        self.arn = key.arn
        self._register()
