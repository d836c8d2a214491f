# pyright: basic
# moto has no types for its backends.
"""Names, boundaries and documents of roles that AWS refuses and moto takes; changes of service-linked roles.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import inspect
import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from moto.iam.exceptions import (
    IAMException,
    LimitExceededException,
    MalformedPolicyDocument,
    NoSuchEntity,
    ValidationError,
)
from moto.iam.models import IAMBackend

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
_MAX_INLINE_POLICIES = 10_240
"""Characters of all inline policies of a role, without white space."""

_create, _put, _profiles, _delete = (
    IAMBackend.create_role,
    IAMBackend.put_role_policy,
    IAMBackend.get_instance_profiles_for_role,
    IAMBackend.delete_role,
)
_OF_SERVICES = "/aws-service-role/"
"""Begins the paths of service-linked roles."""
_CHANGES = (
    *("attach_role_policy", "detach_role_policy", "put_role_policy", "delete_role_policy", "delete_role"),
    *("update_assume_role_policy", "put_role_permissions_boundary", "delete_role_permissions_boundary"),
)


class UnmodifiableEntityError(IAMException):
    """The role belongs to a service of AWS."""

    code = "UnmodifiableEntity"


def create_role(
    self: IAMBackend, role_name: str, assume_role_policy_document: str, *args: Any, **given: Any
) -> Any:
    """Refuse a wrong name, a trust policy that is none, and a boundary that does not exist."""
    if not _NAME.fullmatch(role_name):
        raise ValidationError(
            f"The role name '{role_name}' must have 1 to 64 of the characters A-Z a-z 0-9 +=,.@-_"
        )
    try:
        json.loads(assume_role_policy_document)
    except ValueError:
        raise MalformedPolicyDocument("This policy contains invalid Json") from None
    boundary = given.get("permissions_boundary") or (args[1] if len(args) > 1 else None)
    if boundary and f"::{self.account_id}:policy/" in boundary and boundary not in self.managed_policies:
        raise NoSuchEntity(f"Scope ARN: {boundary} does not exist or is not attachable.")
    return _create(self, role_name, assume_role_policy_document, *args, **given)


def put_role_policy(self: IAMBackend, role_name: str, policy_name: str, policy_json: str) -> None:
    """Refuse more text than a role's inline policies may have together."""
    policies = dict(self.get_role(role_name).policies) | {policy_name: policy_json}
    if sum(len(re.sub(r"\s", "", str(text))) for text in policies.values()) > _MAX_INLINE_POLICIES:
        raise LimitExceededException(
            f"Maximum policy size of {_MAX_INLINE_POLICIES} bytes exceeded for role {role_name}"
        )
    _put(self, role_name, policy_name, policy_json)


def get_instance_profiles_for_role(self: IAMBackend, role_name: str) -> Any:
    """Refuse a role that does not exist."""
    self.get_role(role_name)
    return _profiles(self, role_name)


def delete_service_linked_role(self: IAMBackend, role_name: str) -> str:
    """Delete the role of a service with its policies, which nobody can detach."""
    role = self.get_role(role_name)
    for policy in list(role.managed_policies.values()):
        policy.detach_from(role)
    _delete(self, role_name)
    return f"task/{role_name}/{uuid.uuid4()}"


def _unlinked(action: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse to change a service-linked role.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
    """
    signature = inspect.signature(action)

    def checked(self: Any, *args: Any, **given: Any) -> Any:
        name = signature.bind(self, *args, **given).arguments["role_name"]
        if any(
            role.name == name and role.path.startswith(_OF_SERVICES) for role in list(self.roles.values())
        ):
            raise UnmodifiableEntityError(
                f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable "
                "by AWS"
            )
        return action(self, *args, **given)

    return checked


def install() -> None:
    """Replace what moto takes."""
    backend: Any = IAMBackend
    for function in (
        create_role,
        put_role_policy,
        get_instance_profiles_for_role,
        delete_service_linked_role,
    ):
        setattr(backend, function.__name__, function)
    for name in _CHANGES:
        setattr(backend, name, _unlinked(getattr(backend, name)))
