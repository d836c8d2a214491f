"""As whom this machine calls AWS, for what Pulumi's AWS provider cannot do: run a task, watch a rollout."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class AssumedRole:
    """A role that is taken with the rights of what comes before it."""

    arn: str
    """Its ARN."""
    external_id: str = ""
    """What its trust policy may ask for."""


@dataclass(frozen=True, kw_only=True)
class AwsAccess:
    """As whom `up` runs the migration and watches rollouts: by default as the environment says.

    A Pulumi provider with a profile or roles of its own wants the same here; which account answers is
    compared with the provider's, so that a forgotten one is an error, not a task in the wrong account.
    """

    profile: str = ""
    """Name of a profile of AWS's shared configuration; empty: what the environment selects."""
    roles: Sequence[AssumedRole] = ()
    """Roles that are assumed, one after the other."""

    def to(self, account_id: str, region: str) -> dict[str, Any]:
        """Write it down as the inputs of a dynamic resource: plain values, nothing secret."""
        return {
            "account_id": account_id,
            "region": region,
            "profile": self.profile,
            "roles": [{"arn": role.arn, "external_id": role.external_id} for role in self.roles],
        }
