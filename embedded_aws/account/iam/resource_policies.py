"""Policies of resources: whom a statement names, and what that is worth within one account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-resource-based.html
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .conditions import listed
from .errors import UnmodelledError

_KINDS: Final = {"AWS", "CanonicalUser", "Federated", "Service"}


@dataclass(frozen=True)
class Caller:
    """A session of a role."""

    session_arn: str
    role_arn: str

    @property
    def account_id(self) -> str:
        """The role's account."""
        return self.role_arn.split(":")[4]

    @property
    def root_arn(self) -> str:
        """What a policy names that leaves the decision to the account's identity policies."""
        return f"{self.role_arn.partition(':role/')[0]}:root"


@dataclass(frozen=True)
class Service:
    """An AWS service that calls by itself.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
    """

    principal: str
    """Such as `logs.us-east-1.amazonaws.com`."""


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of a resource, and who calls."""

    document: Mapping[str, Any]
    caller: Caller | Service
    decides: bool = False
    """Whether nothing is allowed that this policy does not allow, as for keys and the trust of roles."""


def named(statement: Mapping[str, Any], caller: Caller | Service) -> str:
    """Return how a statement names the caller: as `session`, `role`, `service`, `account`, or not at all."""
    principal = statement.get("Principal")
    itself = "service" if isinstance(caller, Service) else "role"
    if principal == "*":
        return itself
    if not isinstance(principal, Mapping) or set(principal) - _KINDS:  # pyright: ignore[reportUnknownArgumentType]
        raise UnmodelledError(f"the principal {principal!r}")
    names = set(listed(principal.get("AWS", [])))  # pyright: ignore[reportUnknownMemberType]
    if isinstance(caller, Service):
        services = listed(principal.get("Service", []))  # pyright: ignore[reportUnknownMemberType]
        return itself if "*" in names or caller.principal in services else ""
    if caller.session_arn in names:
        return "session"
    if names & {"*", caller.role_arn}:
        return itself
    return "account" if names & {caller.account_id, caller.root_arn} else ""
