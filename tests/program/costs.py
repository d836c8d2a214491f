"""The bills of docs/cost.md."""

from typing import Final

from rendering import stack

from components.model.cost import Bill, bill
from operations import cost_page
from program.stacks import ROOT

PAGE: Final = ROOT / "docs" / "cost.md"
CELERY: Final = {"executor": "CeleryExecutor"}
ARM: Final = {"architecture": "ARM64"}


def bills() -> dict[str, Bill]:
    """Price the shipped stacks, and what people change first."""
    return {
        "dev": bill(stack("dev"), "us-east-1"),
        "dev, ARM64": bill(stack("dev", **ARM), "us-east-1"),
        "dev, Celery": bill(stack("dev", **CELERY), "us-east-1"),
        "dev, Celery, ARM64": bill(stack("dev", **CELERY, **ARM), "us-east-1"),
        "prod": bill(stack("prod"), "us-east-1"),
        "prod, ARM64": bill(stack("prod", **ARM), "us-east-1"),
        "prod in Singapore": bill(stack("prod"), "ap-southeast-1"),
    }


def page() -> str:
    """Write docs/cost.md."""
    return cost_page.page(bills())
