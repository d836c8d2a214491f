"""A bill: lines with what is paid for, and their sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..rendered import Rendered

HOURS_PER_DAY: Final = 24


class Group(StrEnum):
    """What a line belongs to in a summary."""

    TASKS = "tasks"
    PUBLIC_ADDRESSES = "public addresses"
    LOAD_BALANCER = "load balancer"
    NAT_GATEWAYS = "NAT gateways"
    DATABASE = "database"
    BROKER = "broker"
    SECRETS_AND_DNS = "secrets and DNS"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One position of a bill.

    Attributes:
        resource: logical name of the resource.
        item: what is paid for.
        usd_month: amount in a month of 730 hours; None where it depends on use, or no price is known.
        note: unit price, or why there is no amount.
        sleeps: whether it costs nothing while the cluster sleeps.
        unknown: whether a price is missing, so that a sum with this line is too low.
        group: what the line belongs to in a summary.
    """

    resource: str
    item: str
    usd_month: float | None = None
    note: str = ""
    sleeps: bool = False
    unknown: bool = False
    group: Group = Group.OTHER


@dataclass(frozen=True, kw_only=True)
class Bill:
    """The lines of a stack in a region."""

    region: str
    lines: Sequence[Line]

    @property
    def usd_month(self) -> float:
        """Sum of all amounts."""
        return sum(line.usd_month or 0 for line in self.lines)

    @property
    def unknown(self) -> list[Line]:
        """Lines without a price: with one of them the sum is a lower bound."""
        return [line for line in self.lines if line.unknown]

    def awake(self, hours_per_day: float) -> float:
        """Sum when the tasks run only so many hours of each day, 0 to 24."""
        share = hours_per_day / HOURS_PER_DAY
        return sum((line.usd_month or 0) * (share if line.sleeps else 1) for line in self.lines)

    def by_group(self) -> dict[Group, float]:
        """Sum the amounts by group, largest first; groups that cost nothing are left out."""
        sums: dict[Group, float] = {}
        for line in self.lines:
            sums[line.group] = sums.get(line.group, 0) + (line.usd_month or 0)
        costly = ((group, amount) for group, amount in sums.items() if amount)
        return dict(sorted(costly, key=lambda pair: -pair[1]))


def unpriced(one: Rendered, item: str, why: str) -> Line:
    """Make the line of what has no price here."""
    return Line(resource=one.name, item=item, note=why, unknown=True)
