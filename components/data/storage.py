"""Buckets for the tasks' logs, for the pipelines' data and for the DAGs."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.iam import resource_policies

OLD_VERSIONS_DAYS = 30
"""Days that an overwritten or deleted object can be brought back."""
UNFINISHED_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """What `Storage` is made from."""

    log_retention_days: int
    """Days that the tasks' logs are kept."""
    kms_key_arn: pulumi.Input[str] | None
    """The KMS key that objects are encrypted with; None: S3 managed keys (SSE-S3)."""
    logs_bucket_arn: str | None
    """The existing bucket for the tasks' logs; None: one is created."""
    dags: bool
    """Whether there is a bucket for the versions of the DAGs."""
    protect: bool
    """Refuse deletion through Pulumi."""
    discard_data: bool
    """Delete the objects with their bucket; else AWS refuses to delete a bucket that is not empty."""


class Storage(Component):
    """Private, versioned, encrypted buckets that answer over TLS only.

    Stateful: while `protect` is set Pulumi deletes none, and without `discard_data` AWS deletes none that
    has objects.
    """

    logs_bucket: pulumi.Output[str]
    """Name of the bucket for the tasks' logs."""
    logs_bucket_arn: pulumi.Output[str]
    """Its ARN."""
    data_bucket: pulumi.Output[str]
    """Name of the bucket for the pipelines' data."""
    data_bucket_arn: pulumi.Output[str]
    """Its ARN."""
    dags_bucket: pulumi.Output[str] | None = None
    """Name of the bucket for the versions of the DAGs, if there is one; tasks do not write to it."""
    dags_bucket_arn: pulumi.Output[str] | None = None
    """Its ARN."""

    def __init__(self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._args, self._kms_key_arn = args, args.kms_key_arn
        data = self._bucket(f"{name}-data", expire_days=None)
        if args.logs_bucket_arn is None:
            logs = self._bucket(f"{name}-logs", expire_days=args.log_retention_days)
            self.logs_bucket, self.logs_bucket_arn = logs.bucket, logs.arn
        else:
            self.logs_bucket_arn = pulumi.Output.from_input(args.logs_bucket_arn)
            self.logs_bucket = pulumi.Output.from_input(args.logs_bucket_arn.rpartition(":")[2])
        self.data_bucket, self.data_bucket_arn = data.bucket, data.arn
        if args.dags:
            dags = self._bucket(f"{name}-dags", expire_days=None)
            self.dags_bucket, self.dags_bucket_arn = dags.bucket, dags.arn
        self._register()

    def _bucket(self, name: str, *, expire_days: int | None) -> aws.s3.Bucket:
        bucket = aws.s3.Bucket(
            name,
            force_destroy=self._args.discard_data,
            opts=self._child(pulumi.ResourceOptions(protect=self._args.protect)),
        )
        block = aws.s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child(),
        )
        aws.s3.BucketOwnershipControls(
            name, bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"}, opts=self._child()
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[self._encryption()],
            opts=self._child(),
        )
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child(),
        )
        self._lifecycle(name, bucket, expire_days, versioning)
        aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=pulumi.Output.json_dumps(bucket.arn.apply(resource_policies.only_over_tls)),
            # AWS answers 409 while the access block is still being made.
            opts=self._child(pulumi.ResourceOptions(depends_on=[block])),
        )
        return bucket

    def _encryption(self) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
        if self._kms_key_arn is None:
            return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
        return {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": self._kms_key_arn,
            },
            # One request to KMS for many objects.
            "bucket_key_enabled": True,
        }

    def _lifecycle(
        self, name: str, bucket: aws.s3.Bucket, expire_days: int | None, versioning: aws.s3.BucketVersioning
    ) -> None:
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_UPLOAD_DAYS},
                    "noncurrent_version_expiration": {"noncurrent_days": OLD_VERSIONS_DAYS},
                    "expiration": {"days": expire_days} if expire_days else None,
                }
            ],
            opts=self._child(pulumi.ResourceOptions(depends_on=[versioning])),
        )
