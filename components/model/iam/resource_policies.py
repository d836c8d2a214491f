"""Policies of resources: who may use a key, an image repository, a bucket."""

from collections.abc import Sequence

from .iam_documents import PULL, Document, document


def encryption_key(partition: str, account_id: str, region: str) -> Document:
    """Delegate use of a key to the account's IAM policies, and allow it to CloudWatch Logs for its groups.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    groups = f"arn:{partition}:logs:{region}:{account_id}:log-group:*"
    suffix = "amazonaws.com"  # also in China: https://docs.aws.amazon.com/general/latest/gr/cwl_region.html
    return document(
        [
            {
                "Action": "kms:*",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{partition}:iam::{account_id}:root"},
                "Resource": "*",  # in a key's policy: this key
            },
            {
                "Action": [
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:GenerateDataKeyWithoutPlaintext",
                    "kms:ReEncryptFrom",
                    "kms:ReEncryptTo",
                ],
                "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}},
                "Effect": "Allow",
                "Principal": {"Service": f"logs.{region}.{suffix}"},
                "Resource": "*",
            },
        ]
    )


def pull(account_ids: Sequence[str], partition: str) -> Document:
    """Let other accounts pull images.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policy-examples.html
    """
    return document(
        [
            {
                "Action": sorted(PULL),
                "Effect": "Allow",
                "Principal": {
                    "AWS": [f"arn:{partition}:iam::{account}:root" for account in sorted(account_ids)]
                },
            }
        ]
    )


def only_over_tls(bucket_arn: str) -> Document:
    """Refuse every request to a bucket that is not encrypted on its way."""
    return _only_over_tls("s3:*", [bucket_arn, f"{bucket_arn}/*"])


def queue_over_tls(queue_arn: str) -> Document:
    """Refuse every request to a queue that is not encrypted on its way."""
    return _only_over_tls("sqs:*", [queue_arn])


def _only_over_tls(actions: str, resources: Sequence[str]) -> Document:
    return document(
        [
            {
                "Action": actions,
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                "Effect": "Deny",
                "Principal": "*",
                "Resource": [*resources],
            }
        ]
    )
