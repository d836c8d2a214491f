"""`airflow-ecs cost`: what a stack costs per month, item by item."""

import argparse
import sys
from typing import Any, Final

from components.model.pricing.bill import HOURS_PER_DAY
from components.model.pricing.cost import bill
from operations import changes
from operations.preview import events_of, region_of
from operations.workspace import select

WIDTH: Final = 44


def add(commands: Any) -> None:
    """Add the command to the command line."""
    command = commands.add_parser("cost", help="print the monthly cost of the stack, item by item")
    command.add_argument(
        "--hours-per-day", type=_hours, default=HOURS_PER_DAY, help="hours per day that tasks run, 0 to 24"
    )
    command.add_argument("--refresh", action="store_true", help="refresh the state from AWS first")
    command.set_defaults(action=cost)


def cost(chosen: argparse.Namespace) -> None:
    """Print the bill of a stack as it would be after a deployment."""
    events, refused = events_of(select(chosen.stack, chosen.workspace), chosen, wait_seconds=0)
    found = changes.read(events)
    if refused and not found.after:
        sys.exit(f"cost of {chosen.stack}: {refused[-1]}")
    total = bill(found.after, region_of(found))
    for line in total.lines:
        share = chosen.hours_per_day / HOURS_PER_DAY if line.sleeps else 1
        amount = line.note if line.usd_month is None else f"${line.usd_month * share:9.2f}"
        print(f"{line.resource:{WIDTH}} {line.item:{WIDTH}} {amount}")
    least = " at least" if total.unknown else ""
    hours = f"{chosen.hours_per_day:g} hours per day"
    print(f"{'total':{WIDTH}} {hours:{WIDTH}}{least} ${total.awake(chosen.hours_per_day):9.2f}")


def _hours(text: str) -> float:
    hours = float(text)
    if not 0 <= hours <= HOURS_PER_DAY:
        raise argparse.ArgumentTypeError(f"must be from 0 to 24; got {text}")
    return hours
