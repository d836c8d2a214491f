"""What the README shows of the rendered program: its diagram and its cost."""

import re
from typing import Final

from cli.mermaid import render
from cli.pages import cost_page
from tests.helpers.checkout import ROOT
from tests.helpers.rendered_stacks import stack
from tests.program import costs

README: Final = ROOT / "README.md"
DIAGRAM: Final = re.compile(r"```mermaid\n.*?```", re.DOTALL)
COST: Final = re.compile(r"(?<=on top\.\n\n)\| .*?\n(?=\n)", re.DOTALL)
USERS: Final = {"loadBalancerAllowedCidrs": '["203.0.113.0/24"]'}
"""Somebody must be let in, and the shipped stacks name nobody."""


def readme() -> str:
    """Write the README with `prod` as it is rendered, and with what `dev` and `prod` cost."""
    mermaid = f"```mermaid\n{render(stack('prod', **USERS))}```"
    bills = costs.bills()
    cost = cost_page.summary({name: bills[name] for name in ("dev", "prod")}) + "\n"
    text = DIAGRAM.sub(lambda _: mermaid, README.read_text(), count=1)
    return COST.sub(lambda _: cost, text, count=1)
