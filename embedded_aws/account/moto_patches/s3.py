# pyright: basic
# moto has no types for its backends.
"""Buckets as a client of S3 expects them, where moto answers otherwise.

- Loopback counts as secure transport; moto applies a deny-insecure-transport policy without its Condition.
- Versions and delete markers can be listed and deleted, so that a versioned bucket can be emptied.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker
from moto.s3.responses import S3Response

_list_object_versions = S3Response.list_object_versions


def get_permission(self: FakeBucket, action: str, resource: str) -> Any:
    """Judge by the statements that can hold over a secure connection."""
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
    if self.querystring.get("encoding-type", [None])[0] == "url":
        serialized = self.serialized
        self.serialized = lambda action_result: serialized(_with_encoded_keys(action_result))
    return _list_object_versions(self)


def _with_encoded_keys(answer: Any) -> Any:
    listed = answer.result
    for entry in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
        entry["Key"] = quote(entry["Key"], safe="/")
    listed["EncodingType"] = "url"
    return answer


def install() -> None:
    """Replace moto's judgement; let a delete marker be deleted as an object's version can; encode keys."""
    FakeBucket.get_permission = get_permission
    S3Response.list_object_versions = list_object_versions
    FakeDeleteMarker.dispose = lambda _marker: None  # pyright: ignore[reportAttributeAccessIssue]
