"""Rules for brokers, their results, and topics: ElastiCache, SQS, Amazon MQ, DynamoDB, SNS."""

from typing import Any, Final

from components.model.rendered import Rendered, document
from policy.rule import (
    Check,
    NotKnownError,
    Rule,
    Stack,
    must_be,
    must_be_at_least,
    must_be_set,
    needs,
    refuses_without_tls,
    table,
    value,
)

CACHE: Final = ("elasticache/ReplicationGroup",)
QUEUE: Final = ("sqs/Queue",)
TABLE: Final = ("dynamodb/Table",)


def _forgetful(one: Rendered, _: Stack) -> str | None:
    parameters: list[dict[str, Any]] = value(one, "parameters") or []
    if any(each == {"name": "maxmemory-policy", "value": "noeviction"} for each in parameters):
        return None
    return "it forgets messages when it is full: maxmemory-policy is not noeviction"


def _password_or_users(one: Rendered, _: Stack) -> str | None:
    try:
        found = value(one, "authToken") or value(one, "userGroupIds")
    except NotKnownError:
        return None
    return None if found else "it asks for no password: neither authToken nor userGroupIds is set"


def _queue_without_tls(one: Rendered, _: Stack) -> str | None:
    policy = document(one, "policy")
    if policy is None:
        raise NotKnownError("policy")
    return None if [*refuses_without_tls(policy, "sqs:*")] else "requests without TLS are not refused"


def _on(path: str) -> Check:
    """Require that a nested input, such as `ttl`, is enabled."""

    def check(one: Rendered, _: Stack) -> str | None:
        return None if table(one, path).get("enabled") is True else f"{path} is not enabled"

    return check


def _not_own_topic_key(one: Rendered, _: Stack) -> str | None:
    key = value(one, "kmsMasterKeyId")
    return None if key and key != "alias/aws/sns" else "it is not encrypted with a customer managed key"


RULES: Final = (
    Rule(
        name="elasticache-backups",
        kinds=CACHE,
        ids=("ElastiCache.1", "CKV_AWS_134"),
        description="The broker is backed up each day.",
        remedy="Set snapshotRetentionLimit to 1 or more.",
        check=must_be_at_least("snapshotRetentionLimit", 1),
    ),
    Rule(
        name="elasticache-patched",
        kinds=CACHE,
        ids=("ElastiCache.2",),
        description="AWS installs minor versions.",
        remedy="Set autoMinorVersionUpgrade to true.",
        check=must_be("autoMinorVersionUpgrade", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-failover",
        kinds=CACHE,
        ids=("ElastiCache.3", "CKV2_AWS_50"),
        description="A second node takes over when the first fails.",
        remedy="Set brokerReplicaCount to 1 or more.",
        check=must_be("automaticFailoverEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-two-zones",
        kinds=CACHE,
        ids=(),
        description="The second node is in another zone.",
        remedy="Set brokerReplicaCount to 1 or more.",
        check=must_be("multiAzEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-encrypted",
        kinds=CACHE,
        ids=("ElastiCache.4", "CKV_AWS_29"),
        description="The broker's storage is encrypted.",
        remedy="Set atRestEncryptionEnabled to true.",
        check=must_be("atRestEncryptionEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-own-key",
        kinds=CACHE,
        ids=("CKV_AWS_191",),
        description="The broker is encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="elasticache-tls-only",
        kinds=CACHE,
        ids=("ElastiCache.5", "CKV_AWS_30"),
        description="The broker refuses connections without TLS.",
        remedy="Set transitEncryptionEnabled to true.",
        check=must_be("transitEncryptionEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-password",
        kinds=CACHE,
        ids=("ElastiCache.6", "CKV_AWS_31"),
        description="The broker requires a password.",
        remedy="Set authToken, or users.",
        check=_password_or_users,
    ),
    Rule(
        name="elasticache-own-subnets",
        kinds=CACHE,
        ids=("ElastiCache.7", "CKV_AWS_323"),
        description="The broker is in subnets chosen for it.",
        remedy="Set subnetGroupName.",
        check=must_be_set("subnetGroupName"),
    ),
    Rule(
        name="elasticache-keeps-messages",
        kinds=("elasticache/ParameterGroup",),
        ids=(),
        description="A full broker rejects new messages instead of evicting old ones.",
        remedy="Set maxmemory-policy to noeviction.",
        check=_forgetful,
    ),
    Rule(
        name="sqs-encrypted",
        kinds=QUEUE,
        ids=("SQS.1", "CKV_AWS_27"),
        description="A queue is encrypted.",
        remedy="Leave sqsManagedSseEnabled on.",
        check=must_be("sqsManagedSseEnabled", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="sqs-own-key",
        kinds=QUEUE,
        ids=("CKV2_AWS_73",),
        description="A queue is encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsMasterKeyId"),
    ),
    Rule(
        name="sqs-tls-only",
        kinds=("sqs/QueuePolicy",),
        ids=(),
        description="A queue refuses requests without TLS.",
        remedy="Deny sqs:* to everybody while aws:SecureTransport is false.",
        check=_queue_without_tls,
    ),
    Rule(
        name="sqs-has-tls-policy",
        kinds=QUEUE,
        ids=(),
        description="Every queue has a policy.",
        remedy="Add a QueuePolicy.",
        check=needs("sqs/QueuePolicy", "policy"),
        whole_stack=True,
    ),
    Rule(
        name="dynamodb-by-demand",
        kinds=TABLE,
        ids=("DynamoDB.1", "CKV2_AWS_16"),
        description="A table takes whatever load there is.",
        remedy="Set billingMode to PAY_PER_REQUEST.",
        check=must_be("billingMode", "PAY_PER_REQUEST"),
    ),
    Rule(
        name="dynamodb-recovery",
        kinds=TABLE,
        ids=("DynamoDB.2", "CT.DYNAMODB.PR.1", "CKV_AWS_28"),
        description="A table can be restored to any point in time.",
        remedy="Enable pointInTimeRecovery.",
        check=_on("pointInTimeRecovery"),
    ),
    Rule(
        name="dynamodb-deletion-protection",
        kinds=TABLE,
        ids=("DynamoDB.6",),
        description="AWS refuses to delete a table.",
        remedy="Set protectData to true.",
        check=must_be("deletionProtectionEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="dynamodb-own-key",
        kinds=TABLE,
        ids=("CT.DYNAMODB.PR.2", "CKV_AWS_119"),
        description="A table is encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_on("serverSideEncryption"),
    ),
    Rule(
        name="dynamodb-items-end",
        kinds=TABLE,
        ids=(),
        description="Results of tasks are deleted by themselves.",
        remedy="Enable ttl.",
        check=_on("ttl"),
    ),
    Rule(
        name="sns-own-key",
        kinds=("sns/Topic",),
        ids=("SNS.1", "CKV_AWS_26"),
        description="A topic is encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn; CloudWatch may not use AWS's own key.",
        check=_not_own_topic_key,
    ),
    Rule(
        name="mq-not-public",
        kinds=("mq/Broker",),
        ids=("MQ.3", "CKV_AWS_69"),
        description="The broker has no public address.",
        remedy="Set publiclyAccessible to false.",
        check=must_be("publiclyAccessible", False, None),  # noqa: FBT003, a value
    ),
)
