"""A stack's bill, item by item."""

from collections.abc import Iterator
from typing import Any, Final

from components.model.pricing.bill import HOURS_PER_DAY, Bill, Line

WIDTH: Final = 44


def lines(total: Bill, hours_per_day: float) -> Iterator[str]:
    """Write a bill for people, with tasks that run only so long."""
    for line in total.lines:
        amount = _amount(line, hours_per_day)
        shown = line.note if amount is None else f"${amount:9.2f}"
        yield f"{line.resource:{WIDTH}} {line.item:{WIDTH}} {shown}"
    least = " at least" if total.unknown else ""
    hours = f"{hours_per_day:g} hours per day"
    yield f"{'total':{WIDTH}} {hours:{WIDTH}}{least} ${total.awake(hours_per_day):9.2f}"


def plain(total: Bill, hours_per_day: float) -> dict[str, Any]:
    """Return a bill as plain values, in USD per month; an amount is null where there is no price."""
    return {
        "hours_per_day": hours_per_day,
        "lines": [
            {
                "resource": one.resource,
                "item": one.item,
                "usd_per_month": _amount(one, hours_per_day),
                "note": one.note,
            }
            for one in total.lines
        ],
        "total_usd_per_month": total.awake(hours_per_day),
        "is_lower_bound": bool(total.unknown),
    }


def _amount(line: Line, hours_per_day: float) -> float | None:
    if line.usd_month is None:
        return None
    return line.usd_month * (hours_per_day / HOURS_PER_DAY if line.sleeps else 1)
