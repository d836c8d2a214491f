"""docs/cost.md: what the shipped stacks cost, what drives it, and how Amazon MWAA compares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cli.markdown import table, usd
from components.model.pricing import messages, prices
from components.model.pricing.bill import Bill, Group
from components.model.services import scaling

DAYS_PER_MONTH: Final = prices.HOURS_PER_MONTH / 24
WORKDAYS_HOURS_PER_DAY: Final = 10 * 5 / 7
"""Ten hours on five days a week, spread over all days."""
TASKS: Final = 100_000
LENGTHS: Final = {"10 seconds": 10, "a minute": 60, "10 minutes": 600, "an hour": 3600, "12 hours": 43_200}
"""How long tasks wait and run, in seconds."""
BEYOND: Final = """\
`asleep: true` runs no tasks; a scheduled job that sets it and runs `airflow-ecs deploy` turns the cluster off
for nights and weekends. Asleep, `dev` still pays for the load balancer, its addresses and the database, so
that a deployment at night can run the migration. AWS can stop a database for up to seven days, which no
setting uses yet; only a stack that is destroyed for the night costs less.
"""

AMAZONS_IS_CHEAPER: Final = """\
MWAA is cheaper if your stack costs more than mw1.small, and its five slots, one scheduler and limits
are enough. MWAA Serverless is cheaper below those task-hours, if YAML workflows and AWS-only operators do."""

HEAD: Final = f"""\
# Cost

USD per month of 730 hours, on demand, without tax, computed from the resources that the program renders and
from the list prices in `components/model/pricing/prices.py` (as of {prices.AS_OF}; sources there). Usage
comes on top: logs, objects, images, traffic of load balancer and NAT, requests. `make docs` generates this
page, and a test compares it with the program. `airflow-ecs cost --stack NAME` prices your own stack.
"""


@dataclass(frozen=True, kw_only=True)
class Shipped:
    """A stack as shipped, and what would make it cheaper.

    Attributes:
        goal_usd: what it should cost at most.
        asleep_goal_usd: the same with tasks on ten hours on five days a week, if there is such a goal.
        levers: what could be set instead, with the bill that it gives.
    """

    name: str
    bill: Bill
    goal_usd: float
    asleep_goal_usd: float | None = None
    levers: Mapping[str, Bill]


def page(bills: Mapping[str, Bill], shipped: Sequence[Shipped]) -> str:
    """Write the page.

    Args:
        bills: by the configuration's name, in the order of the page.
        shipped: the stacks that have a goal.
    """
    parts = [HEAD, _overview(bills), _goals(shipped), _autoscaling(), _by_use(), _managed(bills)]
    parts += [_lines(name, bill) for name, bill in bills.items()]
    return "\n".join(parts)


def _overview(bills: Mapping[str, Bill]) -> str:
    rows = [
        (
            name,
            bill.region,
            f"{'at least ' if bill.unknown else ''}{usd(bill.usd_month)}",
            usd(bill.awake(WORKDAYS_HOURS_PER_DAY)),
            *(
                usd(bill.by_group().get(group, 0))
                for group in (Group.TASKS, Group.PUBLIC_ADDRESSES, Group.NAT_GATEWAYS)
            ),
        )
        for name, bill in bills.items()
    ]
    awake = "tasks on 10 h, Monday to Friday"
    head = ("stack", "region", "all day", awake, "of which tasks", "public IPv4", "NAT")
    return table(head, rows) + (
        "\n\nWhile tasks are off, the database, broker, load balancer and NAT gateways still cost the same."
        " *At least* marks a total without a price for some part in that region. The Spot price varies with"
        f" supply; here it is {prices.US_EAST_1.fargate_spot_share:.0%} of the on-demand price.\n"
    )


def summary(bills: Mapping[str, Bill]) -> str:
    """Write the README's table: what each stack pays for what, all day."""
    sums = {name: bill.by_group() for name, bill in bills.items()}
    names = list(dict.fromkeys(group for one in sums.values() for group in one))
    rows = [(group, *(usd(one[group]) if group in one else "" for one in sums.values())) for group in names]
    total = ("**total**", *(f"**{usd(bill.usd_month)}**" for bill in bills.values()))
    return table(("", *(f"`{name}`" for name in bills)), [*rows, total])


def _goals(shipped: Sequence[Shipped]) -> str:
    rows: list[Sequence[str]] = []
    for one in shipped:
        rows.append((f"`{one.name}`", usd(one.bill.usd_month), *_kept(one.bill.usd_month, one.goal_usd)))
        if one.asleep_goal_usd is not None:
            asleep = one.bill.awake(WORKDAYS_HOURS_PER_DAY)
            rows.append((f"`{one.name}`, asleep", usd(asleep), *_kept(asleep, one.asleep_goal_usd)))
    parts = ["## Goals", "", table(("stack", "costs", "goal", ""), rows), ""]
    for one in shipped:
        forced = ", ".join(f"{group} {usd(amount)}" for group, amount in one.bill.by_group().items())
        parts += [f"Cost drivers of `{one.name}`: {forced}.", "", "What would reduce it next:", ""]
        saved = {name: one.bill.usd_month - bill.usd_month for name, bill in one.levers.items()}
        parts += [f"- {name}: {usd(amount)}" for name, amount in sorted(saved.items(), key=lambda x: -x[1])]
        parts.append("")
    return "\n".join([*parts, BEYOND])


def _kept(amount: float, goal: float) -> tuple[str, str]:
    return usd(goal), "met" if amount <= goal else f"missed by {usd(amount - goal)}"


def _autoscaling() -> str:
    at = prices.US_EAST_1
    requests = prices.HOURS_PER_MONTH * 3600 // scaling.PERIOD_SECONDS
    of_scheduler = requests / 1000 * at.metric_thousand_requests
    rows = [
        ("each scaled group", "two high-resolution alarms", usd(2 * at.fast_alarm_month)),
        ("each scaled group", f"custom metric `{scaling.METRIC}`", usd(at.metric_month)),
        ("each scheduler, for all groups", f"{requests:,} x PutMetricData", usd(of_scheduler)),
    ]
    text = (
        "A worker group with `maximumCount` costs its workers by use, and what scales it "
        "([workers.md](workers.md#autoscaling)):"
    )
    return "\n".join(["## Autoscaling", "", text, "", table(("for", "item", "USD per month"), rows), ""])


def _by_use() -> str:
    at = prices.US_EAST_1
    queue, idle = messages.queue_usd(at, TASKS), usd(messages.idle_worker_usd_month(at))
    rows = [
        (length, usd(queue), usd(results), usd(queue + results))
        for length, seconds in LENGTHS.items()
        if (results := messages.results_usd(at, TASKS, seconds)) is not None
    ]
    text = (
        f"With `broker: sqs` ([brokers.md](brokers.md)) {TASKS:,} tasks cost in us-east-1, in USD, by how "
        "long each waits and runs:"
    )
    further = (
        f"A worker that always runs asks each of its queues for messages, for {idle} a month. The table's "
        "storage is below a cent."
    )
    head = ("each task", "messages (SQS)", "results (DynamoDB)", "together")
    return "\n".join(["## A broker that is paid by use", "", text, "", table(head, rows), "", further, ""])


def _managed(bills: Mapping[str, Bill]) -> str:
    rows = [
        (one.name, usd(one.month), f"${one.worker_hour} per hour", str(one.tasks_per_worker))
        for one in prices.MANAGED_AIRFLOW
    ]
    classes = table(("MWAA class", "environment", "each additional worker", "tasks per worker"), rows)
    hour = prices.MANAGED_AIRFLOW_SERVERLESS_TASK_HOUR
    even = [
        (f"`{name}`", _share(bill), f"{bill.usd_month / hour / DAYS_PER_MONTH:.0f}")
        for name, bill in bills.items()
        if not bill.unknown and bill.region == "us-east-1"
    ]
    smallest = prices.MANAGED_AIRFLOW[0]
    head = ("stack", f"of {smallest.name}", "task-hours per day at which MWAA Serverless costs the same")
    return "\n".join(
        [
            "## Compared with Amazon MWAA",
            "",
            classes,
            "",
            "MWAA Serverless costs $0.08 per task-hour, with a minimum of one minute, and nothing else.",
            "",
            table(head, even),
            "",
            AMAZONS_IS_CHEAPER,
            "",
        ]
    )


def _share(bill: Bill) -> str:
    return f"{bill.usd_month / prices.MANAGED_AIRFLOW[0].month:.0%}"


def _lines(name: str, bill: Bill) -> str:
    rows = [(line.resource, line.item, _amount(line.usd_month, line.note)) for line in bill.lines]
    rows.append(("**total**", "", f"**{usd(bill.usd_month)}**"))
    return f"## {name}, {bill.region}\n\n" + table(("resource", "what", "USD per month"), rows) + "\n"


def _amount(amount: float | None, note: str) -> str:
    return note if amount is None else usd(amount)
