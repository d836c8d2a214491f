"""How a capacity provider strategy divides tasks, and what ECS refuses of one.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CapacityProviderStrategyItem.html
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from moto.ecs.exceptions import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedded_aws.account.ecs.model import JSON

_MAX_BASE = 100_000
_MAX_WEIGHT = 1_000


def check(strategy: list[JSON]) -> None:
    """Refuse a strategy that does not say where tasks run."""
    names = [item["capacityProvider"] for item in strategy]
    if not {*names} <= {"FARGATE", "FARGATE_SPOT"}:
        raise InvalidParameterException(
            f"This account runs tasks on FARGATE and FARGATE_SPOT only, not {sorted({*names})}."
        )
    if len({*names}) < len(names):
        raise InvalidParameterException("A capacity provider strategy names each capacity provider once.")
    for item in strategy:
        if not 0 <= _base(item) <= _MAX_BASE or not 0 <= _weight(item) <= _MAX_WEIGHT:
            raise InvalidParameterException(
                f"The valid range of base is 0 to {_MAX_BASE}, that of weight 0 to {_MAX_WEIGHT}."
            )
    if sum(_base(item) > 0 for item in strategy) > 1:
        raise InvalidParameterException(
            "Only one capacity provider in a capacity provider strategy can have a base defined."
        )
    if len(strategy) > 1 and not any(map(_weight, strategy)):
        raise InvalidParameterException(
            "There are no capacity providers with a weight value greater than zero defined in the capacity "
            "provider strategy. At least one capacity provider must have a weight value greater than zero "
            "specified."
        )


def next_provider(strategy: list[JSON], used: Iterable[str | None]) -> str | None:
    """Give the provider of the next task: of the base first, then by weight.

    One of weight 0 places no task, unless it is the only one.

    Args:
        strategy: empty: tasks have a launch type.
        used: the providers of the tasks that run.
    """
    placing = [item for item in strategy if len(strategy) == 1 or _weight(item)]
    if not placing:
        return None
    counts = Counter(used)
    for item in placing:
        if counts[item["capacityProvider"]] < _base(item):
            return item["capacityProvider"]
    nearest = min(
        placing, key=lambda item: (counts[item["capacityProvider"]] + 1 - _base(item)) / max(1, _weight(item))
    )
    return nearest["capacityProvider"]


def _base(item: JSON) -> int:
    return int(item.get("base") or 0)


def _weight(item: JSON) -> int:
    return int(item.get("weight") or 0)
