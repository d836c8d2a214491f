"""Rules for what keeps data: database, broker, buckets, file systems, secrets, logs, keys, images."""

import json
from typing import Any, Final

from components.model.log_settings import RETENTION_DAYS
from components.model.rendered import Rendered, document, mapping
from policy.rule import (
    NotKnownError,
    Rule,
    Stack,
    must_be,
    must_be_at_least,
    must_be_set,
    needs,
    table,
    value,
)

DATABASE: Final = ("rds/Instance",)
CACHE: Final = ("elasticache/ReplicationGroup",)
BUCKET: Final = ("s3/Bucket",)
KEEPS_DATA: Final = ("rds/Instance", "s3/Bucket", "elasticache/ReplicationGroup", "efs/FileSystem", "kms/Key")
COMMON_USERS: Final = {"admin", "postgres", "root", ""}
POSTGRES_PORT: Final = 5432
YEAR_DAYS: Final = 365
LEAST_IMAGES: Final = 20
FERNET_KEY_BYTES: Final = 32
KEY_DELETION_DAYS: Final = 30
OLD_VERSION_DAYS: Final = 30
UNFINISHED_UPLOAD_DAYS: Final = 7
LONGEST_TOKEN: Final = 128
"""Of ElastiCache and RDS."""
SHORTEST_SECRET: Final = 24


def _unprotected(one: Rendered, _: Stack) -> str | None:
    return None if one.protect else "Pulumi would delete it without asking"


def _not_own_database_key(one: Rendered, stack: Stack) -> str | None:
    """Of its storage and, where there are any, of its insights."""
    insights = value(one, "performanceInsightsEnabled")
    keys = ("kmsKeyId", "performanceInsightsKmsKeyId") if insights else ("kmsKeyId",)
    return next((why for key in keys if (why := must_be_set(key)(one, stack))), None)


def _common_user(one: Rendered, _: Stack) -> str | None:
    user = value(one, "username")
    return f"its administrator is called {user}" if (user or "") in COMMON_USERS else None


def _common_port(one: Rendered, _: Stack) -> str | None:
    return "it listens on 5432" if (value(one, "port") or POSTGRES_PORT) == POSTGRES_PORT else None


def _no_log_export(one: Rendered, _: Stack) -> str | None:
    exports: list[str] = value(one, "enabledCloudwatchLogsExports") or []
    return None if "postgresql" in exports else "its log is not sent to CloudWatch"


def _database_without_tls(one: Rendered, stack: Stack) -> str | None:
    groups = [other for other in stack if other.kind == "rds/ParameterGroup" and other.name == one.name]
    for group in groups:
        parameters: list[dict[str, Any]] = value(group, "parameters") or []
        if any(each["name"] == "rds.force_ssl" and str(each["value"]) == "1" for each in parameters):
            return None
    return "it takes connections without TLS: rds.force_ssl is not 1 in its parameter group"


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


def _public_bucket(one: Rendered, _: Stack) -> str | None:
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    off = [flag for flag in flags if value(one, flag) is not True]
    return f"{', '.join(off)} not set" if off else None


def _not_encrypted(one: Rendered, _: Stack) -> str | None:
    rules: list[dict[str, Any]] = value(one, "rules") or []
    for default in [mapping(rule.get("applyServerSideEncryptionByDefault")) for rule in rules]:
        with_key = {"aws:kms", "aws:kms:dsse"}
        allowed = with_key if default.get("kmsMasterKeyId") else with_key | {"AES256"}
        if default.get("sseAlgorithm") not in allowed:
            return f"sseAlgorithm is {default.get('sseAlgorithm')}"
    return None if rules else "no algorithm is set"


def _request_for_each_object(one: Rendered, _: Stack) -> str | None:
    rules: list[dict[str, Any]] = value(one, "rules") or []
    asked = any(
        mapping(rule.get("applyServerSideEncryptionByDefault")).get("kmsMasterKeyId")
        and not rule.get("bucketKeyEnabled")
        for rule in rules
    )
    return "bucketKeyEnabled is not set: KMS is asked, and paid, for each object" if asked else None


def _not_own_key(one: Rendered, _: Stack) -> str | None:
    rules: list[dict[str, Any]] = value(one, "rules") or []
    kinds = {mapping(rule.get("applyServerSideEncryptionByDefault")).get("sseAlgorithm") for rule in rules}
    return None if kinds and kinds <= {"aws:kms", "aws:kms:dsse"} else "it is encrypted with S3's own key"


def _image_key(one: Rendered, _: Stack) -> str | None:
    configurations: list[dict[str, Any]] = value(one, "encryptionConfigurations") or []
    if configurations and all(each.get("encryptionType") == "KMS" for each in configurations):
        return None
    return "it is encrypted with ECR's own key"


def _not_owner(one: Rendered, _: Stack) -> str | None:
    owner = table(one, "rule").get("objectOwnership")
    return None if owner == "BucketOwnerEnforced" else f"objectOwnership is {owner}"


def _not_versioned(one: Rendered, _: Stack) -> str | None:
    status = table(one, "versioningConfiguration").get("status")
    return None if status == "Enabled" else f"versioning is {status}"


def _no_lifecycle(one: Rendered, _: Stack) -> str | None:
    rules: list[dict[str, Any]] = value(one, "rules") or []
    for rule in rules:
        old = mapping(rule.get("noncurrentVersionExpiration")).get("noncurrentDays")
        if rule.get("status") == "Enabled" and old:
            if old < OLD_VERSION_DAYS:
                return f"old versions are gone after {old:g} days"
            unfinished = mapping(rule.get("abortIncompleteMultipartUpload")).get("daysAfterInitiation")
            soon = unfinished and unfinished <= UNFINISHED_UPLOAD_DAYS
            return None if soon else "unfinished uploads are kept for long"
    return "old versions are kept for ever"


def _unknown_retention(one: Rendered, _: Stack) -> str | None:
    days = value(one, "retentionInDays")
    return None if days in RETENTION_DAYS else f"retentionInDays is {days}"


def _guessable(one: Rendered, _: Stack) -> str | None:
    length = value(one, "length") or 0
    if not SHORTEST_SECRET <= length <= LONGEST_TOKEN:
        return f"it has {length:g} characters, not {SHORTEST_SECRET} to {LONGEST_TOKEN}"
    return "it may have characters that ElastiCache refuses" if value(one, "special") is not False else None


def _without_tls(one: Rendered, _: Stack) -> str | None:
    policy = document(one, "policy")
    if policy is None:
        raise NotKnownError("policy")
    for statement in policy["Statement"]:
        secure = mapping(mapping(statement.get("Condition")).get("Bool")).get("aws:SecureTransport")
        everybody = statement.get("Principal") in ("*", {"AWS": "*"})
        denies = statement["Effect"] == "Deny" and statement["Action"] in ("s3:*", ["s3:*"])
        if denies and everybody and str(secure).lower() == "false" and _whole_bucket(statement):
            return None
    return "requests without TLS are not refused"


def _whole_bucket(statement: dict[str, Any]) -> bool:
    resources = statement["Resource"]
    names: list[str] = [resources] if isinstance(resources, str) else resources
    return any(name.endswith("/*") for name in names) and any(not name.endswith("/*") for name in names)


def _keeps_all_images(one: Rendered, _: Stack) -> str | None:
    text = value(one, "policy")
    rules: list[dict[str, Any]] = mapping(json.loads(text) if isinstance(text, str) else text).get(
        "rules", []
    )
    for rule in rules:
        chosen = mapping(rule.get("selection"))
        by_count = chosen.get("tagStatus") == "any" and chosen.get("countType") == "imageCountMoreThan"
        if by_count and mapping(rule.get("action")).get("type") == "expire" and rule["rulePriority"] > 0:
            kept = chosen["countNumber"]
            return None if kept >= LEAST_IMAGES else f"only the last {kept:g} images are kept"
    return "no image is ever removed"


def _other_key_length(one: Rendered, _: Stack) -> str | None:
    length = value(one, "length")
    return None if length == FERNET_KEY_BYTES else f"it has {length} bytes, not {FERNET_KEY_BYTES}"


RULES: Final = (
    Rule(
        name="data-protected",
        kinds=KEEPS_DATA,
        ids=(),
        says="What keeps data is not deleted by a slip.",
        remedy="Set protectData to true.",
        check=_unprotected,
    ),
    Rule(
        name="rds-not-public",
        kinds=DATABASE,
        ids=("RDS.2", "CIS 3.2.3", "CKV_AWS_17"),
        says="The database has no public address.",
        remedy="Set publiclyAccessible to false.",
        check=must_be("publiclyAccessible", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-encrypted",
        kinds=DATABASE,
        ids=("RDS.3", "CIS 3.2.1", "CKV_AWS_16"),
        says="The database's storage is encrypted.",
        remedy="Set storageEncrypted to true; for an existing database, restore an encrypted snapshot.",
        check=must_be("storageEncrypted", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-own-key",
        kinds=DATABASE,
        ids=("CKV_AWS_354",),
        says="The database is encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_not_own_database_key,
    ),
    Rule(
        name="rds-two-zones",
        kinds=DATABASE,
        ids=("RDS.5", "CIS 3.2.4", "CKV_AWS_157"),
        says="The database survives the loss of a zone.",
        remedy="Set databaseMultiAz to true.",
        check=must_be("multiAz", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-monitored",
        kinds=DATABASE,
        ids=("RDS.6", "CKV_AWS_118"),
        says="The database's operating system is watched.",
        remedy="Set databaseMonitoringSeconds above 0.",
        check=must_be_at_least("monitoringInterval", 1),
    ),
    Rule(
        name="rds-insights",
        kinds=DATABASE,
        ids=("CKV_AWS_353",),
        says="Slow queries can be found afterwards.",
        remedy="Set databaseInsights to true.",
        check=must_be("performanceInsightsEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-deletion-protection",
        kinds=DATABASE,
        ids=("RDS.8", "CKV_AWS_293"),
        says="AWS refuses to delete the database.",
        remedy="Set protectData to true.",
        check=must_be("deletionProtection", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-final-snapshot",
        kinds=DATABASE,
        ids=(),
        says="A deleted database leaves a snapshot.",
        remedy="Set discardData to false.",
        check=must_be("skipFinalSnapshot", False),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-log",
        kinds=DATABASE,
        ids=("RDS.9", "RDS.36", "CKV_AWS_129", "CKV2_AWS_30"),
        says="The database's log is kept outside of it.",
        remedy="Export postgresql with enabledCloudwatchLogsExports.",
        check=_no_log_export,
    ),
    Rule(
        name="rds-iam-login",
        kinds=DATABASE,
        ids=("RDS.10", "CKV_AWS_161"),
        says="People log in to the database with IAM.",
        remedy="Set iamDatabaseAuthenticationEnabled to true.",
        check=must_be("iamDatabaseAuthenticationEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-backups",
        kinds=DATABASE,
        ids=("RDS.11", "CKV_AWS_133"),
        says="A week of backups is kept.",
        remedy="Set databaseBackupDays to 7 or more.",
        check=must_be_at_least("backupRetentionPeriod", 7),
    ),
    Rule(
        name="rds-patched",
        kinds=DATABASE,
        ids=("RDS.13", "CIS 3.2.2", "CKV_AWS_226"),
        says="Minor versions are installed by AWS.",
        remedy="Set autoMinorVersionUpgrade to true.",
        check=must_be("autoMinorVersionUpgrade", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-tagged-snapshots",
        kinds=DATABASE,
        ids=("RDS.17", "CKV2_AWS_60"),
        says="Snapshots tell whose they are.",
        remedy="Set copyTagsToSnapshot to true.",
        check=must_be("copyTagsToSnapshot", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-in-own-subnets",
        kinds=DATABASE,
        ids=("RDS.18",),
        says="The database lies in subnets that were chosen for it.",
        remedy="Set dbSubnetGroupName.",
        check=must_be_set("dbSubnetGroupName"),
    ),
    Rule(
        name="rds-other-port",
        kinds=DATABASE,
        ids=("RDS.23",),
        says="The database listens on a port of its own.",
        remedy="Set another port.",
        check=_common_port,
    ),
    Rule(
        name="rds-uncommon-user",
        kinds=DATABASE,
        ids=("RDS.25",),
        says="The administrator's name cannot be guessed.",
        remedy="Set another username; this replaces the database.",
        check=_common_user,
    ),
    Rule(
        name="rds-tls-only",
        kinds=DATABASE,
        ids=("RDS.38",),
        says="The database refuses connections without TLS.",
        remedy="Set rds.force_ssl to 1 in a parameter group.",
        check=_database_without_tls,
        whole_stack=True,
    ),
    Rule(
        name="elasticache-backups",
        kinds=CACHE,
        ids=("ElastiCache.1", "CKV_AWS_134"),
        says="The broker is backed up each day.",
        remedy="Set snapshotRetentionLimit to 1 or more.",
        check=must_be_at_least("snapshotRetentionLimit", 1),
    ),
    Rule(
        name="elasticache-patched",
        kinds=CACHE,
        ids=("ElastiCache.2",),
        says="Minor versions are installed by AWS.",
        remedy="Set autoMinorVersionUpgrade to true.",
        check=must_be("autoMinorVersionUpgrade", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-failover",
        kinds=CACHE,
        ids=("ElastiCache.3", "CKV2_AWS_50"),
        says="A second node takes over when the first is lost.",
        remedy="Set brokerReplicaCount to 1 or more.",
        check=must_be("automaticFailoverEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-two-zones",
        kinds=CACHE,
        ids=(),
        says="The second node lies in another zone.",
        remedy="Set brokerReplicaCount to 1 or more.",
        check=must_be("multiAzEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-encrypted",
        kinds=CACHE,
        ids=("ElastiCache.4", "CKV_AWS_29"),
        says="The broker's storage is encrypted.",
        remedy="Set atRestEncryptionEnabled to true.",
        check=must_be("atRestEncryptionEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-own-key",
        kinds=CACHE,
        ids=("CKV_AWS_191",),
        says="The broker is encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="elasticache-tls-only",
        kinds=CACHE,
        ids=("ElastiCache.5", "CKV_AWS_30"),
        says="The broker refuses connections without TLS.",
        remedy="Set transitEncryptionEnabled to true.",
        check=must_be("transitEncryptionEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="elasticache-password",
        kinds=CACHE,
        ids=("ElastiCache.6", "CKV_AWS_31"),
        says="The broker asks for a password.",
        remedy="Set authToken, or users.",
        check=_password_or_users,
    ),
    Rule(
        name="elasticache-own-subnets",
        kinds=CACHE,
        ids=("ElastiCache.7", "CKV_AWS_323"),
        says="The broker lies in subnets that were chosen for it.",
        remedy="Set subnetGroupName.",
        check=must_be_set("subnetGroupName"),
    ),
    Rule(
        name="elasticache-keeps-messages",
        kinds=("elasticache/ParameterGroup",),
        ids=(),
        says="A full broker refuses new messages instead of forgetting old ones.",
        remedy="Set maxmemory-policy to noeviction.",
        check=_forgetful,
    ),
    Rule(
        name="s3-not-public",
        kinds=("s3/BucketPublicAccessBlock",),
        ids=("S3.1", "S3.2", "S3.3", "S3.8", "CIS 3.1.4", "CKV_AWS_20", "CKV_AWS_57", "CKV2_AWS_6"),
        says="A bucket cannot be made public.",
        remedy="Set all four flags.",
        check=_public_bucket,
    ),
    Rule(
        name="s3-has-access-block",
        kinds=BUCKET,
        ids=("S3.8", "CIS 3.1.4", "CKV2_AWS_6"),
        says="Every bucket has a public access block.",
        remedy="Add a BucketPublicAccessBlock.",
        check=needs("s3/BucketPublicAccessBlock", "public access block"),
        whole_stack=True,
    ),
    Rule(
        name="s3-encrypted",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=("CKV_AWS_19",),
        says="Objects are encrypted.",
        remedy="Set an algorithm.",
        check=_not_encrypted,
    ),
    Rule(
        name="s3-bucket-key",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=(),
        says="KMS is asked once for many objects.",
        remedy="Set bucketKeyEnabled to true.",
        check=_request_for_each_object,
    ),
    Rule(
        name="s3-own-key",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=("S3.17", "CKV_AWS_145"),
        says="Objects are encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_not_own_key,
    ),
    Rule(
        name="s3-owner",
        kinds=("s3/BucketOwnershipControls",),
        ids=("S3.12", "CKV2_AWS_65"),
        says="The bucket's owner owns what lies in it; access lists are off.",
        remedy="Set objectOwnership to BucketOwnerEnforced.",
        check=_not_owner,
    ),
    Rule(
        name="s3-tls-only",
        kinds=("s3/BucketPolicy",),
        ids=("S3.5", "CIS 3.1.1"),
        says="A bucket refuses requests without TLS.",
        remedy="Deny s3:* to everybody while aws:SecureTransport is false, for the bucket and its objects.",
        check=_without_tls,
    ),
    Rule(
        name="s3-has-tls-policy",
        kinds=BUCKET,
        ids=("S3.5", "CIS 3.1.1", "CKV_AWS_70"),
        says="Every bucket has a policy.",
        remedy="Add a BucketPolicy.",
        check=needs("s3/BucketPolicy", "policy"),
        whole_stack=True,
    ),
    Rule(
        name="s3-versioned",
        kinds=("s3/BucketVersioning",),
        ids=("S3.14", "CKV_AWS_21"),
        says="An overwritten or deleted object can be restored.",
        remedy="Set versioning to Enabled.",
        check=_not_versioned,
    ),
    Rule(
        name="s3-has-versioning",
        kinds=BUCKET,
        ids=("S3.14", "CKV_AWS_21"),
        says="Every bucket keeps old versions.",
        remedy="Add a BucketVersioning.",
        check=needs("s3/BucketVersioning", "versioning"),
        whole_stack=True,
    ),
    Rule(
        name="s3-lifecycle",
        kinds=("s3/BucketLifecycleConfiguration",),
        ids=("S3.13", "CKV2_AWS_61", "CKV_AWS_300"),
        says="Old versions are kept for a month, then removed; unfinished uploads after a week.",
        remedy="Set noncurrentDays to 30 or more, and abortIncompleteMultipartUpload to 7 or less.",
        check=_no_lifecycle,
    ),
    Rule(
        name="s3-has-lifecycle",
        kinds=BUCKET,
        ids=("S3.13", "CKV2_AWS_61"),
        says="Every bucket has a lifecycle.",
        remedy="Add a BucketLifecycleConfiguration.",
        check=needs("s3/BucketLifecycleConfiguration", "lifecycle"),
        whole_stack=True,
    ),
    Rule(
        name="s3-not-emptied",
        kinds=BUCKET,
        ids=(),
        says="A bucket with objects cannot be deleted.",
        remedy="Set discardData to false.",
        check=must_be("forceDestroy", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="efs-encrypted",
        kinds=("efs/FileSystem",),
        ids=("EFS.1", "CIS 3.3.1", "CKV_AWS_184"),
        says="A file system is encrypted.",
        remedy="Set encrypted to true.",
        check=must_be("encrypted", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="sqs-encrypted",
        kinds=("sqs/Queue",),
        ids=("SQS.1", "CKV_AWS_27"),
        says="A queue is encrypted.",
        remedy="Leave sqsManagedSseEnabled on.",
        check=must_be("sqsManagedSseEnabled", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="mq-not-public",
        kinds=("mq/Broker",),
        ids=("MQ.3", "CKV_AWS_69"),
        says="The broker has no public address.",
        remedy="Set publiclyAccessible to false.",
        check=must_be("publiclyAccessible", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="secrets-recoverable",
        kinds=("secretsmanager/Secret",),
        ids=(),
        says="A deleted secret can be brought back for a week.",
        remedy="Set discardData to false.",
        check=must_be_at_least("recoveryWindowInDays", 7),
    ),
    Rule(
        name="secrets-own-key",
        kinds=("secretsmanager/Secret",),
        ids=("CKV_AWS_149",),
        says="Secrets are encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="logs-expire",
        kinds=("cloudwatch/LogGroup",),
        ids=("CKV_AWS_66",),
        says="Logs do not pile up for ever.",
        remedy="Set logsRetentionDays to a number of days that CloudWatch knows.",
        check=_unknown_retention,
    ),
    Rule(
        name="logs-for-a-year",
        kinds=("cloudwatch/LogGroup",),
        ids=("CloudWatch.16", "CKV_AWS_338"),
        says="Logs are kept for a year.",
        remedy="Set logsRetentionDays and logsFlowRetentionDays to 365.",
        check=must_be_at_least("retentionInDays", YEAR_DAYS),
    ),
    Rule(
        name="logs-own-key",
        kinds=("cloudwatch/LogGroup",),
        ids=("CKV_AWS_158",),
        says="Logs are encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="secrets-hard-to-guess",
        kinds=("index/RandomPassword",),
        ids=(),
        says="A made password is long, and every service takes it.",
        remedy="Set length to 24 to 128, and special to false.",
        check=_guessable,
    ),
    Rule(
        name="secrets-fernet-key",
        kinds=("index/RandomBytes",),
        ids=(),
        says="A Fernet key has 32 bytes; Airflow refuses any other.",
        remedy="Set length to 32.",
        check=_other_key_length,
    ),
    Rule(
        name="kms-recoverable",
        kinds=("kms/Key",),
        ids=("KMS.3",),
        says="A deleted key can be brought back for a month.",
        remedy="Set deletionWindowInDays to 30.",
        check=must_be("deletionWindowInDays", KEY_DELETION_DAYS, None),
    ),
    Rule(
        name="kms-rotated",
        kinds=("kms/Key",),
        ids=("KMS.4", "CIS 4.6", "CKV_AWS_7"),
        says="A key is renewed each year.",
        remedy="Set enableKeyRotation to true.",
        check=must_be("enableKeyRotation", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-scanned",
        kinds=("ecr/Repository",),
        ids=("ECR.1", "CKV_AWS_163"),
        says="Images are scanned when they are pushed.",
        remedy="Set imageScanningConfiguration.scanOnPush to true.",
        check=must_be("imageScanningConfiguration.scanOnPush", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-immutable",
        kinds=("ecr/Repository",),
        ids=("ECR.2", "CKV_AWS_51"),
        says="A tag never names another image.",
        remedy="Set imageTagMutability to IMMUTABLE.",
        check=must_be("imageTagMutability", "IMMUTABLE"),
    ),
    Rule(
        name="ecr-keeps-images",
        kinds=("ecr/Repository",),
        ids=(),
        says="A repository with images cannot be deleted.",
        remedy="Set discardData to false.",
        check=must_be("forceDelete", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-own-key",
        kinds=("ecr/Repository",),
        ids=("CKV_AWS_136",),
        says="Images are encrypted with a key of the account's own.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_image_key,
    ),
    Rule(
        name="ecr-lifecycle",
        kinds=("ecr/LifecyclePolicy",),
        ids=("ECR.3",),
        says="Old images are removed, and enough are kept to go back to.",
        remedy="Expire all but the last 20 or more images, whatever their tags.",
        check=_keeps_all_images,
    ),
)
