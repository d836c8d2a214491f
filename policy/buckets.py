"""Rules for buckets and file systems."""

from collections.abc import Mapping
from typing import Any, Final

from components.model.rendered import Rendered, document, mapping
from policy.rule import NotKnownError, Rule, Stack, must_be, needs, refuses_without_tls, table, value

BUCKET: Final = ("s3/Bucket",)
OLD_VERSION_DAYS: Final = 30
UNFINISHED_UPLOAD_DAYS: Final = 7


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


def _without_tls(one: Rendered, _: Stack) -> str | None:
    policy = document(one, "policy")
    if policy is None:
        raise NotKnownError("policy")
    if any(map(_whole_bucket, refuses_without_tls(policy, "s3:*"))):
        return None
    return "requests without TLS are not refused"


def _whole_bucket(statement: Mapping[str, Any]) -> bool:
    resources = statement["Resource"]
    names: list[str] = [resources] if isinstance(resources, str) else resources
    return any(name.endswith("/*") for name in names) and any(not name.endswith("/*") for name in names)


RULES: Final = (
    Rule(
        name="s3-not-public",
        kinds=("s3/BucketPublicAccessBlock",),
        ids=("S3.1", "S3.2", "S3.3", "S3.8", "CIS 3.1.4", "CKV_AWS_20", "CKV_AWS_57", "CKV2_AWS_6"),
        description="A bucket cannot be made public.",
        remedy="Set all four flags.",
        check=_public_bucket,
    ),
    Rule(
        name="s3-has-access-block",
        kinds=BUCKET,
        ids=("S3.8", "CIS 3.1.4", "CKV2_AWS_6"),
        description="Every bucket has a public access block.",
        remedy="Add a BucketPublicAccessBlock.",
        check=needs("s3/BucketPublicAccessBlock", "public access block"),
        whole_stack=True,
    ),
    Rule(
        name="s3-encrypted",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=("CKV_AWS_19",),
        description="Objects are encrypted.",
        remedy="Set an algorithm.",
        check=_not_encrypted,
    ),
    Rule(
        name="s3-bucket-key",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=(),
        description="KMS is called once for many objects.",
        remedy="Set bucketKeyEnabled to true.",
        check=_request_for_each_object,
    ),
    Rule(
        name="s3-own-key",
        kinds=("s3/BucketServerSideEncryptionConfiguration",),
        ids=("S3.17", "CKV_AWS_145"),
        description="Objects are encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_not_own_key,
    ),
    Rule(
        name="s3-owner",
        kinds=("s3/BucketOwnershipControls",),
        ids=("S3.12", "CKV2_AWS_65"),
        description="The bucket's owner owns its objects; ACLs are disabled.",
        remedy="Set objectOwnership to BucketOwnerEnforced.",
        check=_not_owner,
    ),
    Rule(
        name="s3-tls-only",
        kinds=("s3/BucketPolicy",),
        ids=("S3.5", "CIS 3.1.1"),
        description="A bucket refuses requests without TLS.",
        remedy="Deny s3:* to everybody while aws:SecureTransport is false, for the bucket and its objects.",
        check=_without_tls,
    ),
    Rule(
        name="s3-has-tls-policy",
        kinds=BUCKET,
        ids=("S3.5", "CIS 3.1.1", "CKV_AWS_70"),
        description="Every bucket has a policy.",
        remedy="Add a BucketPolicy.",
        check=needs("s3/BucketPolicy", "policy"),
        whole_stack=True,
    ),
    Rule(
        name="s3-versioned",
        kinds=("s3/BucketVersioning",),
        ids=("S3.14", "CKV_AWS_21"),
        description="An overwritten or deleted object can be restored.",
        remedy="Set versioning to Enabled.",
        check=_not_versioned,
    ),
    Rule(
        name="s3-has-versioning",
        kinds=BUCKET,
        ids=("S3.14", "CKV_AWS_21"),
        description="Every bucket keeps old versions.",
        remedy="Add a BucketVersioning.",
        check=needs("s3/BucketVersioning", "versioning"),
        whole_stack=True,
    ),
    Rule(
        name="s3-lifecycle",
        kinds=("s3/BucketLifecycleConfiguration",),
        ids=("S3.13", "CKV2_AWS_61", "CKV_AWS_300"),
        description="Old versions are deleted after a month, unfinished uploads after a week.",
        remedy="Set noncurrentDays to 30 or more, and abortIncompleteMultipartUpload to 7 or less.",
        check=_no_lifecycle,
    ),
    Rule(
        name="s3-has-lifecycle",
        kinds=BUCKET,
        ids=("S3.13", "CKV2_AWS_61"),
        description="Every bucket has a lifecycle.",
        remedy="Add a BucketLifecycleConfiguration.",
        check=needs("s3/BucketLifecycleConfiguration", "lifecycle"),
        whole_stack=True,
    ),
    Rule(
        name="s3-not-emptied",
        kinds=BUCKET,
        ids=(),
        description="A bucket with objects cannot be deleted.",
        remedy="Set discardData to false.",
        check=must_be("forceDestroy", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="efs-encrypted",
        kinds=("efs/FileSystem",),
        ids=("EFS.1", "CIS 3.3.1", "CKV_AWS_184"),
        description="A file system is encrypted.",
        remedy="Set encrypted to true.",
        check=must_be("encrypted", True),  # noqa: FBT003, a value
    ),
)
