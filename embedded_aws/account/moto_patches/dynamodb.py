# pyright: basic
# moto has no types for its backends.
"""DynamoDB: when an item ends is changed once an hour; policies of tables are policies.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from moto.core.exceptions import JsonRESTError
from moto.dynamodb.exceptions import MockValidationException
from moto.dynamodb.models import DynamoDBBackend

CHANGE_SECONDS: Final = 3600
_update_ttl, _describe_ttl, _put_policy = (
    DynamoDBBackend.update_time_to_live,
    DynamoDBBackend.describe_time_to_live,
    DynamoDBBackend.put_resource_policy,
)


def update_time_to_live(self: DynamoDBBackend, table_name: str, ttl_spec: dict[str, Any]) -> None:
    """Refuse a second change within the hour that the first one takes, and what changes nothing."""
    table = _table(self, table_name)
    changed = getattr(table, "ttl_changed_at", None)
    if changed is not None and time.time() - changed < CHANGE_SECONDS:
        raise MockValidationException("Time to live has been modified multiple times within a fixed interval")
    enabled = table.ttl["TimeToLiveStatus"] == "ENABLED"
    if enabled == ttl_spec.get("Enabled"):
        raise MockValidationException(f"TimeToLive is already {'enabled' if enabled else 'disabled'}")
    _update_ttl(self, table_name, ttl_spec)
    table.ttl_changed_at = time.time()


def describe_time_to_live(self: DynamoDBBackend, table_name: str) -> dict[str, Any]:
    """Name the table that does not exist in AWS's words."""
    _table(self, table_name)
    return _describe_ttl(self, table_name)


def put_resource_policy(
    self: DynamoDBBackend, resource_arn: str, policy_doc: str, expected_revision_id: str | None
) -> Any:
    """Refuse what is no policy."""
    try:
        statements = json.loads(policy_doc)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    if not statements:
        raise MockValidationException("Resource-based policy is invalid: it has no statements")
    return _put_policy(self, resource_arn, policy_doc, expected_revision_id)


def _table(backend: DynamoDBBackend, name: str) -> Any:
    found = backend.tables.get(name.rpartition(":table/")[2] or name)
    if found is None:
        raise JsonRESTError(
            "ResourceNotFoundException", f"Requested resource not found: Table: {name} not found"
        )
    return found


def install() -> None:
    """Replace what moto takes."""
    backend: Any = DynamoDBBackend
    for function in (update_time_to_live, describe_time_to_live, put_resource_policy):
        setattr(backend, function.__name__, function)
