"""Policies of resources: who may use a key, an image repository, a bucket."""

from collections.abc import Sequence

from .iam_documents import PULL, Document, document


def encryption_key(partition: str, account_id: str, region: str, *, alarms: bool = False) -> Document:
    """Delegate use of a key to the account's IAM policies, and allow it to CloudWatch Logs for its groups.

    `alarms`: also to CloudWatch's alarms, for the topic that they notify.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html,
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
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
            *([_alarms(account_id)] if alarms else []),
        ]
    )


def _alarms(account_id: str) -> Document:
    return {
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Resource": "*",
    }


def notified_by_alarms(topic_arn: str, alarms: str) -> Document:
    """Let alarms publish to a topic, and nobody without TLS.

    Args:
        topic_arn: the topic.
        alarms: what the names of the alarms begin with.
    """
    partition, _, region, account_id, _ = topic_arn.split(":")[1:6]
    return document(
        [
            {
                "Action": "sns:Publish",
                "Condition": {
                    "ArnLike": {
                        "aws:SourceArn": f"arn:{partition}:cloudwatch:{region}:{account_id}:alarm:{alarms}*"
                    },
                    "StringEquals": {"aws:SourceAccount": account_id},
                },
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Resource": topic_arn,
            },
            {
                "Action": "sns:Publish",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                "Effect": "Deny",
                "Principal": "*",
                "Resource": topic_arn,
            },
        ]
    )


def logged_events(log_group_arn: str) -> Document:
    """Let EventBridge write to a log group.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-cloudwatchlogs-permissions
    """
    return document(
        [
            {
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Effect": "Allow",
                "Principal": {"Service": ["delivery.logs.amazonaws.com", "events.amazonaws.com"]},
                "Resource": f"{log_group_arn}:*",
            }
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
