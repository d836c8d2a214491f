"""`Storage` under mocks: two buckets, private, versioned, encrypted, over TLS only."""

import json

import pytest

from components.data.storage import Storage, StorageArgs
from tests.helpers.pulumi_mocks import Recording, record

BUCKETS = ["air-data", "air-logs"]


def _storage(*, protect: bool = True, discard_data: bool = False) -> Recording:
    args = StorageArgs(
        log_retention_days=30,
        kms_key_arn=None,
        logs_bucket_arn=None,
        dags=False,
        protect=protect,
        discard_data=discard_data,
    )
    return record(lambda: Storage("air", args))


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_bucket_is_private_versioned_encrypted_and_over_tls_only(bucket: str) -> None:
    """Everything that guards it, for each of the two."""
    recording = _storage()
    guards = {
        "BucketPublicAccessBlock": {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        "BucketOwnershipControls": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        "BucketServerSideEncryptionConfiguration": {
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
        },
        "BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
    }
    for kind, inputs in guards.items():
        assert recording.one(kind, bucket).inputs == {"bucket": bucket, **inputs}
    policy = json.loads(recording.one("BucketPolicy", bucket).inputs["policy"])
    (statement,) = policy["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )
    assert [arn.rsplit("/", 1)[-1] for arn in statement["Resource"]] == [bucket, "*"]


def test_nothing_else_is_made() -> None:
    """Seven resources a bucket."""
    kinds = sorted(one.type.rsplit(":", 1)[1] for one in _storage().resources if one.custom)
    assert kinds == sorted(
        2
        * [
            "Bucket",
            "BucketLifecycleConfiguration",
            "BucketOwnershipControls",
            "BucketPolicy",
            "BucketPublicAccessBlock",
            "BucketServerSideEncryptionConfiguration",
            "BucketVersioning",
        ]
    )


def test_logs_expire_and_data_does_not() -> None:
    """Old versions and unfinished uploads are cleared away in both."""
    recording = _storage()
    rules = {one.name: one.inputs["rules"][0] for one in recording.all("BucketLifecycleConfiguration")}
    assert rules["air-logs"]["expiration"] == {"days": 30}
    assert rules["air-data"].get("expiration") is None
    for rule in rules.values():
        assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 30}
        assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


@pytest.mark.parametrize("protect", [True, False])
def test_the_buckets_alone_are_locked_as_asked(*, protect: bool) -> None:
    """Rules around a bucket may be replaced; the bucket with its objects may not."""
    recording = _storage(protect=protect)
    assert {one.line for one in recording.resources if one.protect} == (
        {f"aws:s3/bucket:Bucket {name}" for name in BUCKETS} if protect else set()
    )
    assert {one.inputs["forceDestroy"] for one in recording.all("Bucket")} == {False}


def test_the_buckets_are_emptied_when_asked() -> None:
    """And only then: unlocked is not thrown away."""
    recording = _storage(protect=False, discard_data=True)
    assert {one.inputs["forceDestroy"] for one in recording.all("Bucket")} == {True}


@pytest.mark.parametrize("bucket", BUCKETS)
def test_a_policy_waits_for_the_access_block(bucket: str) -> None:
    """AWS answers 409 to two changes of one bucket's access at once."""
    recording = _storage()
    block = recording.one("BucketPublicAccessBlock", bucket).urn
    assert block in recording.one("BucketPolicy", bucket).dependencies
    versioning = recording.one("BucketVersioning", bucket).urn
    assert versioning in recording.one("BucketLifecycleConfiguration", bucket).dependencies
