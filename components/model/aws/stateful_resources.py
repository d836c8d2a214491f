"""Kinds of resources whose replacement or deletion loses something: data, or a key to data."""

from typing import Final

PROTECTED: Final = frozenset(
    {
        "dynamodb/Table",
        "efs/FileSystem",
        "elasticache/ReplicationGroup",
        "kms/Key",
        "mq/Broker",
        "rds/Instance",
        "s3/Bucket",
        "sqs/Queue",
    }
)
"""Those that Pulumi must refuse to delete: protect, https://www.pulumi.com/docs/iac/concepts/options/protect/."""
GENERATED_VALUES: Final = frozenset(
    {"random:index/randomBytes:RandomBytes", "random:index/randomPassword:RandomPassword"}
)
"""Keys and passwords: in the state alone, and in a secret's current version."""
STATEFUL: Final = PROTECTED | GENERATED_VALUES | {"secretsmanager/Secret"}
"""All of them; a secret's value is in the state too, and Secrets Manager keeps a deleted one for days."""
