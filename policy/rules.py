"""All rules, and which of them bind a stack."""

from typing import Final

from policy import brokers, buckets, containers, data, databases, identity, network
from policy.exceptions import EXCEPTIONS
from policy.rule import Rule

ALL: Final[tuple[Rule, ...]] = (
    *containers.RULES,
    *databases.RULES,
    *brokers.RULES,
    *buckets.RULES,
    *data.RULES,
    *network.RULES,
    *identity.RULES,
)
BY_NAME: Final = {rule.name: rule for rule in ALL}


def excepted(*, hardened: bool) -> set[str]:
    """Name the rules that do not bind; a hardened stack keeps those that only cost money."""
    return {one.rule for one in EXCEPTIONS if not (hardened and one.only_money)}


def binding(*, hardened: bool = False) -> list[Rule]:
    """List the rules that bind."""
    free = excepted(hardened=hardened)
    return [rule for rule in ALL if rule.name not in free]
