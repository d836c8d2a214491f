"""What SECURITY.md says to do after a leak replaces every value that a stack generates.

Not proved: that AWS and Airflow take the new values as the page says.
"""

import re
from pathlib import Path

from cli.rotation import ROTATIONS
from components.model.secrets import FIRST_NAME, generated
from tests.helpers.rendered_stacks import variant

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "SECURITY.md").read_text()
ROTATION_PAGE = (ROOT / "docs" / "rotation.md").read_text()
ROW = re.compile(r"^\| [^|]+ \| `NAME-([a-z-]+)` \((\w+)\)", re.MULTILINE)
COMMAND = re.compile(r"^\| [^|]+ \| `airflow-ecs rotate (\w+)", re.MULTILINE)
PREFIX = "airflow-prod-"


def test_what_leaked_can_be_replaced() -> None:
    """Each random value that a stack makes, by command or by name and type; none is forgotten."""
    by_command = {generated(ROTATIONS[kind].secret, FIRST_NAME) for kind in COMMAND.findall(PAGE)}
    by_hand = dict(ROW.findall(PAGE))
    made = {
        one.name.removeprefix(PREFIX): one.kind.rpartition("/")[2]
        for one in variant("prod for everybody")
        if one.kind in ("index/RandomPassword", "index/RandomBytes")
    }
    assert by_hand == {name: kind for name, kind in made.items() if name not in by_command}
    assert by_command <= made.keys()


def test_each_rotation_is_in_the_table() -> None:
    """And has its section on the page that describes them."""
    assert {*COMMAND.findall(PAGE)} == {*ROTATIONS}
    sections = re.findall(r"^## .*\(`rotate (\w+)`\)$", ROTATION_PAGE, re.MULTILINE)
    assert {*sections} == {*ROTATIONS}
