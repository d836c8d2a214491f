"""The identity for calls to AWS from this machine, where Pulumi's AWS provider has no resource."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class AssumedRole:
    """An IAM role that is assumed with the credentials before it."""

    arn: str
    """Its ARN."""
    external_id: str = ""
    """The external id that its trust policy may require."""


@dataclass(frozen=True, kw_only=True)
class AwsAccess:
    """The identity with which `up` runs the migration and watches rollouts: by default the environment's.

    A Pulumi provider with a profile or assumed roles needs the same here. The account is compared with the
    provider's, so that a missing one is an error, not a task in the wrong account.
    """

    profile: str = ""
    """Name of a profile in AWS's shared config file; empty: what the environment selects."""
    roles: Sequence[AssumedRole] = ()
    """Roles that are assumed, one after the other."""

    @classmethod
    def of_provider(cls, profile: str | None, roles: Sequence[Mapping[str, str]] | None) -> Self:
        """Read it from the values of `aws:profile` and `aws:assumeRoles`.

        https://www.pulumi.com/registry/packages/aws/installation-configuration/
        """
        return cls(
            profile=profile or "",
            roles=[
                AssumedRole(arn=role["roleArn"], external_id=role.get("externalId", ""))
                for role in roles or []
            ],
        )

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> Self:
        """Read it from what `to` returned."""
        return cls(profile=inputs["profile"], roles=[AssumedRole(**role) for role in inputs["roles"]])

    def to(self, account_id: str, region: str) -> dict[str, Any]:
        """Return it as inputs of a dynamic resource: plain values, nothing secret."""
        return {
            "account_id": account_id,
            "region": region,
            "profile": self.profile,
            "roles": [{"arn": role.arn, "external_id": role.external_id} for role in self.roles],
        }
