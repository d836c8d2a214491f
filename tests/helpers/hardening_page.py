"""docs/hardening.md as data: the tests that it names, and the settings of Airflow."""

import re
from typing import Final

from tests.helpers.checkout import ROOT

PAGE: Final = ROOT / "docs" / "hardening.md"
_TEST: Final = re.compile(r"\[(test_\w+)\]\(\.\./(tests/[\w/]+\.py)\)")
_SETTING: Final = re.compile(r"^\| `\[(\w+)\] (\w+)` \| (?:`(.+)`)? ?\| [^|]+ \|$", re.MULTILINE)


def named_tests() -> list[tuple[str, str]]:
    """List the tests that the page names, with their files."""
    return _TEST.findall(PAGE.read_text())


def settings() -> dict[tuple[str, str], str]:
    """Give the values in its table of Airflow's settings, by section and option; empty where none is set."""
    return {(section, option): value for section, option, value in _SETTING.findall(PAGE.read_text())}
