"""What SECURITY.md says to replace after a leak is there under that name.

Not proved: that AWS and Airflow take the new values as the page says.
"""

import re
from pathlib import Path

from tests.helpers.rendered_stacks import variant

PAGE = (Path(__file__).resolve().parents[2] / "SECURITY.md").read_text()
ROW = re.compile(r"^\| [^|]+ \| `NAME-([a-z-]+)` \((\w+)\)", re.MULTILINE)


def test_what_leaked_can_be_replaced() -> None:
    """Each random value that a stack makes, by name and type, so that none is forgotten either."""
    named = {(f"airflow-prod-{name}", kind) for name, kind in ROW.findall(PAGE)}
    made = {
        (one.name, one.kind.rpartition("/")[2])
        for stack in ("prod for everybody", "prod on RabbitMQ")
        for one in variant(stack)
        if one.kind in ("index/RandomPassword", "index/RandomBytes")
    }
    tokens = {one for one in made if "jwt" in one[0]}
    assert named == made - tokens
