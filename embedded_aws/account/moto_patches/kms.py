# pyright: basic
# moto has no types for its backends.
"""Keys as AWS has them: for encryption by default, and not used or changed in every state.

https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.kms.models import KmsBackend

if TYPE_CHECKING:
    from collections.abc import Callable

_PENDING = "PendingDeletion"
_REFUSED_WHEN_PENDING = (
    *("enable_key", "disable_key", "enable_key_rotation", "disable_key_rotation", "schedule_key_deletion"),
    *("update_key_description", "tag_resource", "untag_resource", "encrypt", "generate_data_key"),
)
_REFUSED_WHEN_DISABLED = ("enable_key_rotation", "disable_key_rotation", "encrypt", "generate_data_key")
_WITH_POLICY = ("create_key", "put_key_policy")


def install() -> None:
    """Refuse what AWS refuses in these states, and policies that are none."""
    for name in _REFUSED_WHEN_PENDING:
        setattr(KmsBackend, name, _in_state(name, getattr(KmsBackend, name)))
    for name in _WITH_POLICY:
        setattr(KmsBackend, name, _with_policy(getattr(KmsBackend, name)))
    create: Any = KmsBackend.create_key
    setattr(KmsBackend, "create_key", _with_usage(create))  # noqa: B010 - untyped


def _with_usage(action: Callable[..., Any]) -> Callable[..., Any]:
    """Make keys that encrypt unless asked for others: https://docs.aws.amazon.com/goto/WebAPI/kms-2014-11-01/CreateKey."""

    def checked(self: KmsBackend, policy: str | None, key_usage: str | None, *args: Any, **given: Any) -> Any:
        return action(self, policy, key_usage or "ENCRYPT_DECRYPT", *args, **given)

    return checked


def _in_state(name: str, action: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: KmsBackend, *args: Any, **kwargs: Any) -> Any:
        given = next(iter((*args, *kwargs.values())))
        key = self.keys.get(self.any_id_to_key_id(given))
        if key is not None and key.key_state == _PENDING:
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        if key is not None and key.key_state == "Disabled" and name in _REFUSED_WHEN_DISABLED:
            raise JsonRESTError("DisabledException", f"{key.arn} is disabled.")
        return action(self, *args, **kwargs)

    return checked


def _with_policy(action: Callable[..., Any]) -> Callable[..., Any]:
    def checked(self: KmsBackend, *args: Any, **kwargs: Any) -> Any:
        policy = kwargs.get("policy") or (args[action.__name__ == "put_key_policy"] if args else None)
        if policy and not _is_policy(policy):
            raise JsonRESTError("MalformedPolicyDocumentException", "The policy is not a valid document.")
        return action(self, *args, **kwargs)

    return checked


def _is_policy(text: str) -> bool:
    try:
        return bool(json.loads(text).get("Statement"))
    except (ValueError, AttributeError):
        return False
