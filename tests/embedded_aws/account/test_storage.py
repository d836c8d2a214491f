"""Buckets of the embedded account."""

from typing import Any

import pytest

BUCKET = "versioned"
KEY = "tasks/run_id=manual__2026-01-01T00:00:00.5+00:00/attempt=1.log"
"""A key as schedulers write them: a client that decodes a listing makes a space of a bare plus."""


@pytest.mark.conformance(
    operation="s3:ListObjectVersions",
    says="Deleting an object of a versioned bucket adds a delete marker, and each version is deleted by "
    "its id.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html",
)
@pytest.mark.conformance(
    operation="s3:ListObjectVersions",
    says="With `EncodingType` keys are URL-encoded in the answer.",
)
def test_a_versioned_bucket_can_be_emptied(stage: Any) -> None:
    """Versions are listed encoded when asked for, and each, a delete marker too, can be deleted."""
    stage.s3.create_bucket(Bucket=BUCKET)
    stage.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    stage.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"1")
    stage.s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"2")
    stage.s3.delete_object(Bucket=BUCKET, Key=KEY)
    encoded = stage.s3.list_object_versions(Bucket=BUCKET, EncodingType="url")
    listed = [*encoded["Versions"], *encoded["DeleteMarkers"]]
    assert {entry["Key"] for entry in listed} == {
        KEY.replace(":", "%3A").replace("+", "%2B").replace("=", "%3D")
    }
    doomed = [{"Key": KEY, "VersionId": entry["VersionId"]} for entry in listed]
    stage.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": doomed})
    left = stage.s3.list_object_versions(Bucket=BUCKET)
    assert not {"Versions", "DeleteMarkers"} & left.keys()
    stage.s3.delete_bucket(Bucket=BUCKET)
