"""What a call needs to be allowed: actions on resources, and what it says by condition key.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.account.iam.conditions import Value


@dataclass(frozen=True)
class Need:
    """One action on one resource.

    Attributes:
        action: such as `s3:GetObject`.
        resource: its ARN; `*` where the action knows none, or none could be worked out.
        context: what the call says by condition key, beyond what every call says.
        has_all_tags: the context has every tag of the resource, so that the key of another one is absent.
    """

    action: str
    resource: str = "*"
    context: Mapping[str, Value] = field(default_factory=dict[str, "Value"])
    has_all_tags: bool = False


@dataclass(frozen=True)
class Place:
    """Where a call goes: partition, region and account, which begin ARNs."""

    partition: str
    region: str
    account_id: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"
