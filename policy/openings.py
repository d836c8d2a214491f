"""What a security group allows in, in either form of a rule: one source each, or the older one of many."""

from dataclasses import dataclass
from typing import Any, Final

from components.model.rendered import Rendered, known
from policy.iam_documents import strings
from policy.rule import Stack, value

INGRESS: Final = ("vpc/SecurityGroupIngressRule", "ec2/SecurityGroupRule")
EGRESS: Final = "vpc/SecurityGroupEgressRule"
ALL_PROTOCOLS: Final = ("-1", "all")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Inbound traffic that one rule allows.

    Attributes:
        protocol: `tcp`, or another, or all of them (`-1`).
        first: the first port; None where the rule names none.
        last: the last port.
        networks: CIDR blocks of both kinds.
        lists: prefix lists, whose networks are not known here.
        groups: security groups, as far as they are known.
    """

    protocol: str | None
    first: int | None
    last: int | None
    networks: list[str]
    lists: list[str]
    groups: list[str]

    @property
    def ports(self) -> range:
        """Its ports; none where the rule names none."""
        return range(0) if self.first is None or self.last is None else range(self.first, self.last + 1)

    def has(self, port: int | None) -> bool:
        """Return whether it opens a port."""
        return port is None or not self.ports or self.protocol in ALL_PROTOCOLS or port in self.ports


def opening(one: Rendered) -> Opening | None:
    """Read a rule; None if it is about outbound traffic.

    Raises:
        NotKnownError: a network or port is known only after the deployment.
    """
    if value(one, "type") == "egress":
        return None
    return Opening(
        protocol=value(one, "ipProtocol") or value(one, "protocol"),
        first=_port(value(one, "fromPort")),
        last=_port(value(one, "toPort")),
        networks=_all(one, "cidrIpv4", "cidrIpv6", "cidrBlocks", "ipv6CidrBlocks"),
        lists=_all(one, "prefixListId", "prefixListIds"),
        groups=[
            group
            for key in ("referencedSecurityGroupId", "sourceSecurityGroupId")
            if isinstance(group := one.inputs.get(key), str) and known(group)
        ],
    )


def reached_from_outside(stack: Stack, port: int | None) -> bool:
    """Return whether any network, or a security group that the stack has no rules for, reaches a port."""
    rules = [one for one in stack if one.kind in (*INGRESS, EGRESS)]
    own = {one.inputs.get("securityGroupId") for one in rules}
    found = [opening(one) for one in rules if one.kind in INGRESS]
    return any(
        each.networks or each.lists or {*each.groups} - own
        for each in found
        if each is not None and each.has(port)
    )


def _all(one: Rendered, *keys: str) -> list[str]:
    return [each for key in keys for each in strings(value(one, key))]


def _port(found: Any) -> int | None:
    return None if found is None else int(found)
