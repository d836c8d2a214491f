"""Rules for whatever keeps data, and for secrets, keys, logs and images."""

import json
from typing import Any, Final

from components.model.aws.stateful_resources import PROTECTED
from components.model.rendered import Rendered, mapping
from components.model.settings.logs_settings import RETENTION_DAYS
from policy.rule import Rule, Stack, must_be, must_be_at_least, must_be_set, value

YEAR_DAYS: Final = 365
MIN_IMAGES: Final = 20
KEY_BYTES: Final = 32
KEY_DELETION_DAYS: Final = 30
MAX_TOKEN_LENGTH: Final = 128
"""Of ElastiCache and RDS."""
MIN_SECRET_LENGTH: Final = 24


def _unprotected(one: Rendered, _: Stack) -> str | None:
    return None if one.protect else "Pulumi would delete it without asking"


def _image_key(one: Rendered, _: Stack) -> str | None:
    configurations: list[dict[str, Any]] = value(one, "encryptionConfigurations") or []
    if configurations and all(each.get("encryptionType") == "KMS" for each in configurations):
        return None
    return "it is encrypted with ECR's own key"


def _unknown_retention(one: Rendered, _: Stack) -> str | None:
    days = value(one, "retentionInDays")
    return None if days in RETENTION_DAYS else f"retentionInDays is {days}"


def _guessable(one: Rendered, _: Stack) -> str | None:
    length = value(one, "length") or 0
    if not MIN_SECRET_LENGTH <= length <= MAX_TOKEN_LENGTH:
        return f"it has {length:g} characters, not {MIN_SECRET_LENGTH} to {MAX_TOKEN_LENGTH}"
    return "it may have characters that ElastiCache refuses" if value(one, "special") is not False else None


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
            return None if kept >= MIN_IMAGES else f"only the last {kept:g} images are kept"
    return "no image is ever removed"


def _other_key_length(one: Rendered, _: Stack) -> str | None:
    length = value(one, "length")
    return None if length == KEY_BYTES else f"it has {length} bytes, not {KEY_BYTES}"


RULES: Final = (
    Rule(
        name="data-protected",
        kinds=tuple(sorted(PROTECTED)),
        ids=(),
        description="Stateful resources cannot be deleted by accident.",
        remedy="Set protectData to true.",
        check=_unprotected,
    ),
    Rule(
        name="secrets-recoverable",
        kinds=("secretsmanager/Secret",),
        ids=(),
        description="A deleted secret can be restored for a week.",
        remedy="Set discardData to false.",
        check=must_be_at_least("recoveryWindowInDays", 7),
    ),
    Rule(
        name="secrets-own-key",
        kinds=("secretsmanager/Secret",),
        ids=("CKV_AWS_149",),
        description="Secrets are encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="logs-expire",
        kinds=("cloudwatch/LogGroup",),
        ids=("CKV_AWS_66",),
        description="Logs expire.",
        remedy="Set logsRetentionDays to a retention that CloudWatch offers.",
        check=_unknown_retention,
    ),
    Rule(
        name="logs-for-a-year",
        kinds=("cloudwatch/LogGroup",),
        ids=("CloudWatch.16", "CKV_AWS_338"),
        description="Logs are retained for a year.",
        remedy="Set logsRetentionDays and vpcFlowLogRetentionDays to 365.",
        check=must_be_at_least("retentionInDays", YEAR_DAYS),
    ),
    Rule(
        name="logs-own-key",
        kinds=("cloudwatch/LogGroup",),
        ids=("CKV_AWS_158",),
        description="Logs are encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=must_be_set("kmsKeyId"),
    ),
    Rule(
        name="secrets-hard-to-guess",
        kinds=("index/RandomPassword",),
        ids=(),
        description="A generated password is long, and every service accepts it.",
        remedy="Set length to 24 to 128, and special to false.",
        check=_guessable,
    ),
    Rule(
        name="secrets-key-length",
        kinds=("index/RandomBytes",),
        ids=(),
        description="A Fernet key and an Ed25519 private key have 32 bytes; no other length is accepted.",
        remedy="Set length to 32.",
        check=_other_key_length,
    ),
    Rule(
        name="kms-recoverable",
        kinds=("kms/Key",),
        ids=("KMS.3",),
        description="A deleted key can be restored for a month.",
        remedy="Set deletionWindowInDays to 30.",
        check=must_be("deletionWindowInDays", KEY_DELETION_DAYS, None),
    ),
    Rule(
        name="kms-rotated",
        kinds=("kms/Key",),
        ids=("KMS.4", "CIS 4.6", "CKV_AWS_7"),
        description="A key is rotated every year.",
        remedy="Set enableKeyRotation to true.",
        check=must_be("enableKeyRotation", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-scanned",
        kinds=("ecr/Repository",),
        ids=("ECR.1", "CKV_AWS_163"),
        description="Images are scanned when they are pushed.",
        remedy="Set imageScanningConfiguration.scanOnPush to true.",
        check=must_be("imageScanningConfiguration.scanOnPush", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-immutable",
        kinds=("ecr/Repository",),
        ids=("ECR.2", "CKV_AWS_51"),
        description="A tag always refers to the same image.",
        remedy="Set imageTagMutability to IMMUTABLE.",
        check=must_be("imageTagMutability", "IMMUTABLE"),
    ),
    Rule(
        name="ecr-keeps-images",
        kinds=("ecr/Repository",),
        ids=(),
        description="A repository with images cannot be deleted.",
        remedy="Set discardData to false.",
        check=must_be("forceDelete", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="ecr-own-key",
        kinds=("ecr/Repository",),
        ids=("CKV_AWS_136",),
        description="Images are encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_image_key,
    ),
    Rule(
        name="ecr-lifecycle",
        kinds=("ecr/LifecyclePolicy",),
        ids=("ECR.3",),
        description="Old images expire, and enough are retained for rollbacks.",
        remedy="Expire all but the last 20 or more images, whatever their tags.",
        check=_keeps_all_images,
    ),
)
