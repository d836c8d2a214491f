# pyright: basic
# moto has no types for its backends.
"""Security groups as AWS has them, where moto answers otherwise.

A revoked rule is told by AWS's own error, so that clients take a repeated request for done; a rule that names
another group keeps its description.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.ec2.exceptions import InvalidSecurityGroupRuleIdNotFoundError
from moto.ec2.models.security_groups import SecurityGroupBackend, SecurityGroupRule

if TYPE_CHECKING:
    from collections.abc import Callable


def _naming_unknown_rules(revoke: Callable[..., None], rules: str) -> Callable[..., None]:
    def revoke_known(
        self: SecurityGroupBackend,
        group_name_or_id: str,
        *positional: Any,
        security_rule_ids: list[str] | None = None,
        **named: Any,
    ) -> None:
        group = self.get_security_group_by_name_or_id(group_name_or_id, named.get("vpc_id"))
        existing = {rule.id for rule in getattr(group, rules, [])}
        for unknown in set(security_rule_ids or []) - existing if group else ():
            raise InvalidSecurityGroupRuleIdNotFoundError(unknown)
        revoke(self, group_name_or_id, *positional, security_rule_ids=security_rule_ids, **named)

    return revoke_known


def _description(rule: SecurityGroupRule) -> str | None:
    return rule.ip_range.get("Description") or rule.source_group.get("Description")


def install() -> None:
    """Let moto answer InvalidSecurityGroupRuleId.NotFound for a rule that is gone, and keep descriptions."""
    setattr(SecurityGroupRule, "description", property(_description))  # noqa: B010, moto's has no setter
    for direction in ("ingress", "egress"):
        action = f"revoke_security_group_{direction}"
        revoke = getattr(SecurityGroupBackend, action)
        setattr(SecurityGroupBackend, action, _naming_unknown_rules(revoke, f"{direction}_rules"))
