"""docs/cost.md: what the shipped stacks cost, beside Amazon's own Airflow."""

from collections.abc import Mapping, Sequence
from typing import Final

from components.model import prices
from components.model.cost import Bill

DAYS_PER_MONTH: Final = prices.HOURS_PER_MONTH / 24
WORKDAYS_HOURS_PER_DAY: Final = 10 * 5 / 7
"""Ten hours on five days a week, spread over all days."""

HEAD: Final = f"""\
# Cost

USD a month of 730 hours, on demand, without tax, computed from the resources that the program renders and
from the list prices of `components/model/prices.py` (as of {prices.AS_OF}; sources there). What depends on
use comes on top: logs, objects, images, traffic of load balancer and NAT, requests. This page is written by
`make docs`, and a test compares it with the program. `airflow-ecs cost --stack NAME` does the same.
"""


def page(bills: Mapping[str, Bill]) -> str:
    """Write the page.

    Args:
        bills: by the configuration's name, in the order of the page.
    """
    parts = [HEAD, _overview(bills), _managed(bills)]
    parts += [_lines(name, bill) for name, bill in bills.items()]
    return "\n".join(parts)


def _overview(bills: Mapping[str, Bill]) -> str:
    rows = [
        (
            name,
            bill.region,
            f"{'at least ' if bill.unknown else ''}{_usd(bill.usd_month)}",
            _usd(bill.awake(WORKDAYS_HOURS_PER_DAY)),
            _usd(sum(line.usd_month or 0 for line in bill.lines if line.item.startswith("Fargate"))),
        )
        for name, bill in bills.items()
    ]
    head = ("stack", "region", "all day", "tasks on 10 h, Monday to Friday", "of it Fargate, all day")
    return _table(head, rows) + (
        "\nWhile tasks are off, database, broker, load balancer and NAT are still paid."
        " *At least* stands where the table has no price for a part in that region.\n"
    )


def _managed(bills: Mapping[str, Bill]) -> str:
    rows = [
        (one.name, _usd(one.month), f"${one.worker_hour} an hour", str(one.tasks_per_worker))
        for one in prices.MANAGED_AIRFLOW
    ]
    table = _table(("MWAA class", "environment", "each further worker", "tasks a worker"), rows)
    smallest = prices.MANAGED_AIRFLOW[0]
    dearer = [name for name, bill in bills.items() if not bill.unknown and bill.usd_month > smallest.month]
    hour = prices.MANAGED_AIRFLOW_SERVERLESS_TASK_HOUR
    even = [
        f"- `{name}` costs as much as MWAA Serverless (${hour} per hour of a task) at "
        f"{bill.usd_month / hour / DAYS_PER_MONTH:.0f} task-hours a day"
        for name, bill in bills.items()
        if not bill.unknown
    ]
    honest = [
        f"- {_names(dearer)} cost more than {smallest.name} ({_usd(smallest.month)}): if its five slots, one"
        " scheduler and MWAA's limits are enough, MWAA is cheaper."
        if dearer
        else f"- Every stack here costs less than {smallest.name}.",
        *even,
        "- Below those hours MWAA Serverless is cheaper, where its YAML workflows and AWS-only operators do.",
    ]
    return "\n".join(["## Amazon's own", "", table, "Where Amazon's is cheaper:", "", *honest, ""])


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _lines(name: str, bill: Bill) -> str:
    rows = [(line.resource, line.item, _amount(line.usd_month, line.note)) for line in bill.lines]
    rows.append(("**in all**", "", f"**{_usd(bill.usd_month)}**"))
    return f"## {name}, {bill.region}\n\n" + _table(("resource", "what", "USD a month"), rows)


def _amount(amount: float | None, note: str) -> str:
    return note if amount is None else _usd(amount)


def _usd(amount: float) -> str:
    return f"${amount:.2f}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
