# pyright: basic
# moto has no types for its backends.
"""Buckets as a client of S3 expects them, where moto answers otherwise.

- Loopback counts as secure transport; moto applies a deny-insecure-transport policy without its Condition.
- Names of buckets, public policies under a block, and what is no policy are refused.
- Versions and delete markers can be listed and deleted, so that a versioned bucket can be emptied.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import InvalidBucketName, S3ClientError
from moto.s3.models import FakeBucket, FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response

_list_object_versions = S3Response.list_object_versions
_create_bucket, _put_bucket_policy = S3Backend.create_bucket, S3Backend.put_bucket_policy
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"(\d+\.){3}\d+")


def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
    """Evaluate the statements that can hold over a secure connection."""
    if self.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(self.policy)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    held = [statement for statement in statements if not _against_plain_http(statement)]
    if not held:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy | {"Statement": held})).is_action_permitted(action, resource)


def _against_plain_http(statement: dict[str, Any]) -> bool:
    condition = statement.get("Condition", {})
    return str(condition.get("Bool", {}).get("aws:SecureTransport", "")).lower() == "false"


def list_object_versions(self: S3Response) -> Any:
    """Encode the keys when asked to, as the other listings do: a client decodes `+` to a space otherwise."""
    self.backend.get_bucket(self.bucket_name)
    if self.querystring.get("encoding-type", [None])[0] == "url":
        serialized = self.serialized
        self.serialized = lambda action_result: serialized(_with_encoded_keys(action_result))
    return _list_object_versions(self)


def create_bucket(self: S3Backend, bucket_name: str, *args: Any, **kwargs: Any) -> FakeBucket:
    """Refuse names that no bucket has.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    if not _NAME.fullmatch(bucket_name) or _ADDRESS.fullmatch(bucket_name) or ".." in bucket_name:
        raise InvalidBucketName
    return _create_bucket(self, bucket_name, *args, **kwargs)


def put_bucket_policy(self: S3Backend, bucket_name: str, policy: bytes) -> None:
    """Refuse what is no policy of this bucket, and a public one where the bucket blocks it.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
    """
    try:
        statements = json.loads(policy)["Statement"]
    except (ValueError, KeyError):
        raise S3ClientError("MalformedPolicy", "Policies must be valid JSON with statements") from None
    blocked = self.get_bucket(bucket_name).public_access_block
    for statement in statements if isinstance(statements, list) else [statements]:
        resources = statement.get("Resource", [])
        for resource in [resources] if isinstance(resources, str) else resources:
            if resource.partition(":::")[2].partition("/")[0] != bucket_name:
                raise S3ClientError("MalformedPolicy", "Policy has invalid resource")
        public = statement["Effect"] == "Allow" and statement.get("Principal") in ("*", {"AWS": "*"})
        if public and not statement.get("Condition") and blocked and blocked.block_public_policy:
            raise S3ClientError("AccessDenied", "Access Denied: the bucket blocks public policies")
    _put_bucket_policy(self, bucket_name, policy)


def _with_encoded_keys(answer: Any) -> Any:
    listed = answer.result
    for entry in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        entry["Key"] = quote(entry["Key"], safe="/")
    listed["EncodingType"] = "url"
    return answer


def install() -> None:
    """Replace moto's evaluation; let a delete marker be deleted as an object's version can; encode keys."""
    FakeBucket.get_permission = get_permission
    S3Response.list_object_versions = list_object_versions
    S3Backend.create_bucket, S3Backend.put_bucket_policy = create_bucket, put_bucket_policy
    FakeDeleteMarker.dispose = lambda _marker: None  # pyright: ignore[reportAttributeAccessIssue]
