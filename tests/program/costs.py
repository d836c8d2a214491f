"""The bills of docs/cost.md."""

from functools import cache
from typing import Final

from cli.pages import cost_page
from cli.pages.cost_page import Shipped
from components.model.pricing import prices
from components.model.pricing.bill import Bill
from components.model.pricing.cost import bill
from tests.helpers.checkout import ROOT
from tests.helpers.rendered_stacks import stack

PAGE: Final = ROOT / "docs" / "cost.md"
CELERY: Final = {"executor": "CeleryExecutor"}
LEAN_CELERY: Final = CELERY | {"workerSpot": "true"}
ARM: Final = {"architecture": "ARM64"}
SINGLE_TASK: Final = {
    "apiServerMemoryMib": "4096",
    "schedulerCount": "1",
    "schedulerCpuUnits": "1024",
    "schedulerMemoryMib": "2048",
    "singleTask": "true",
}
"""Without the scheduler's own size, which nothing reads then."""
HERE, SINGAPORE = "us-east-1", "ap-southeast-1"
LEVERS: Final = {
    "dev": {
        "`architecture: ARM64`": ARM,
        "`loadBalancerInternal: true`, reached through a VPN": {"loadBalancerInternal": "true"},
    },
    "prod": {
        "`nat: single`, which can be cut off by the loss of a zone": {"nat": "single"},
        "`architecture: ARM64`": ARM,
        "`workerSpot: true`, if tasks tolerate a retry": {"workerSpot": "true"},
        "`databaseMultiAz: false`, which takes hours to restore": {"databaseMultiAz": "false"},
        "`singleTask: true` with `apiServerMemoryMib: 4096`, if DAG files are no risk to the API "
        "server": SINGLE_TASK,
        "`architecture: ARM64` and `workerSpot: true` together": ARM | {"workerSpot": "true"},
    },
}


@cache
def bills() -> dict[str, Bill]:
    """Price the shipped stacks, and what people change first."""
    return {
        "dev": bill(stack("dev"), HERE),
        "dev, ARM64": bill(stack("dev", **ARM), HERE),
        "dev, Celery": bill(stack("dev", **LEAN_CELERY), HERE),
        "dev, Celery, ARM64": bill(stack("dev", **LEAN_CELERY, **ARM), HERE),
        "prod": bill(stack("prod"), HERE),
        "prod, ARM64": bill(stack("prod", **ARM), HERE),
        "dev in Singapore": bill(stack("dev"), SINGAPORE),
        "prod in Singapore": bill(stack("prod"), SINGAPORE),
    }


def shipped() -> list[Shipped]:
    """Give the stacks that have a goal, with what would make them cheaper."""
    levers = {
        name: {what: bill(stack(name, **settings), HERE) for what, settings in LEVERS[name].items()}
        for name in LEVERS
    }
    celery = {
        what: bill(stack("dev", **LEAN_CELERY | settings), HERE) for what, settings in LEVERS["dev"].items()
    }
    found = bills()
    half = prices.MANAGED_AIRFLOW[0].month / 2
    return [
        Shipped(name="dev", bill=found["dev"], goal_usd=60, asleep_goal_usd=35, levers=levers["dev"]),
        Shipped(name="dev, Celery", bill=found["dev, Celery"], goal_usd=half, levers=celery),
        Shipped(name="prod", bill=found["prod"], goal_usd=320, levers=levers["prod"]),
    ]


def page() -> str:
    """Write docs/cost.md."""
    return cost_page.page(bills(), shipped())
