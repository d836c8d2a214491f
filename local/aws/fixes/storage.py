# pyright: basic
# moto has no types for its backends.
"""Loopback counts as secure transport: a deny-insecure-transport policy does not refuse every object.

moto applies a Deny without looking at its Condition.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket, FakeDeleteMarker


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


def install() -> None:
    """Replace moto's judgement, and let a delete marker be deleted as an object's version can."""
    FakeBucket.get_permission = get_permission
    FakeDeleteMarker.dispose = lambda _marker: None  # pyright: ignore[reportAttributeAccessIssue]
