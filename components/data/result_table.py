"""Celery's results in DynamoDB, for a broker that keeps none."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.brokers import result_table


@dataclass(frozen=True, kw_only=True)
class ResultTableArgs:
    """What a `ResultTable` is made from."""

    kms_key_arn: pulumi.Input[str] | None
    """The KMS key of its items; None: a key that AWS owns, which costs nothing."""
    protect: bool
    """Refuse deletion, through Pulumi and at AWS."""


class ResultTable(Component):
    """A table with an item for each task, which DynamoDB deletes within days after the hour it is good for.

    Paid by use. Without point-in-time recovery: a result is of use for an hour, and what a restored table
    would hold no scheduler waits for any more.

    Stateful: results that a scheduler has not seen. Protected while `protect` is set.
    """

    name: pulumi.Output[str]
    """Its name."""
    arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(self, name: str, args: ResultTableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        table = aws.dynamodb.Table(
            name,
            billing_mode="PAY_PER_REQUEST",
            hash_key=result_table.KEY,
            attributes=[{"name": result_table.KEY, "type": "S"}],
            ttl={"attribute_name": result_table.EXPIRES, "enabled": True},
            server_side_encryption=self._encryption(args.kms_key_arn),
            point_in_time_recovery={"enabled": False},
            deletion_protection_enabled=args.protect,
            opts=self._child(pulumi.ResourceOptions(protect=args.protect)),
        )
        self.name, self.arn = table.name, table.arn
        self._register()

    @staticmethod
    def _encryption(
        kms_key_arn: pulumi.Input[str] | None,
    ) -> aws.dynamodb.TableServerSideEncryptionArgsDict:
        """Encrypt with a key of ours; not `enabled`: with one that AWS owns."""
        if kms_key_arn is None:
            return {"enabled": False}
        return {"enabled": True, "kms_key_arn": kms_key_arn}
