# pyright: basic
# moto has no types for its backends.
"""What is attached to a role: its identity policies, its boundary, its tags."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends

from embedded_aws.account.iam import Caller, UnmodelledError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Role:
    """A role that somebody has taken.

    Attributes:
        caller: the session, and the role's ARN.
        policies: identity policies, inline and attached.
        boundary: the permissions boundary, if there is one.
        tags: the role's tags.
    """

    caller: Caller
    policies: Sequence[Mapping[str, Any]]
    boundary: Mapping[str, Any] | None
    tags: Mapping[str, str]

    @property
    def partition(self) -> str:
        """The partition of its ARN."""
        return self.caller.role_arn.split(":")[1]


def role_of(role_arn: str, session: str) -> Role:
    """Read a role as it is at this moment; one that is not there may do nothing."""
    _, partition, _, _, account_id, path = role_arn.split(":", 5)
    session_arn = f"arn:{partition}:sts::{account_id}:assumed-role/{path.rpartition('/')[2]}/{session}"
    caller = Caller(session_arn, role_arn)
    backend = iam_backends[account_id][partition]
    found = next((one for one in list(backend.roles.values()) if one.arn == role_arn), None)
    if found is None:
        return Role(caller, [], None, {})
    attached = [_default(policy) for policy in list(found.managed_policies.values())]
    policies = [document(text) for text in (*list(found.policies.values()), *attached)]
    boundary = found.permissions_boundary_arn
    tags: Any = found.tags or {}
    return Role(
        caller,
        policies,
        None if boundary is None else document(_managed(backend, boundary)),
        {tag["Key"]: tag["Value"] for tag in (tags.values() if isinstance(tags, dict) else tags)},
    )


@functools.lru_cache(maxsize=512)
def document(text: str) -> Mapping[str, Any]:
    """Read a policy's text."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise UnmodelledError(f"a policy that is no JSON: {error}") from error


def _managed(backend: Any, arn: str) -> str:
    if arn not in backend.managed_policies:
        raise UnmodelledError(f"the permissions boundary {arn}, which is not there")
    return _default(backend.managed_policies[arn])


def _default(policy: Any) -> str:
    return next(one.document for one in policy.versions if one.version_id == policy.default_version_id)
