"""`make up SETTINGS=`: every setting can be given, lists and mappings too."""

import os
import subprocess
from typing import Any

import pytest

from local import settings
from tests.helpers.checkout import ROOT

LINES: dict[str, dict[str, Any]] = {
    "": {},
    "singleTask=true  apiServerMemoryMib=4096": {"singleTask": "true", "apiServerMemoryMib": "4096"},
    'loadBalancerAllowedCidrs=["10.0.0.0/8", "192.168.0.0/16"] nat=none': {
        "loadBalancerAllowedCidrs": ["10.0.0.0/8", "192.168.0.0/16"],
        "nat": "none",
    },
    "tags={team: data, note: 'a } b'} nat=none": {"tags": {"team": "data", "note": "a } b"}, "nat": "none"},
    'iamExtraStatements={"worker": [{"Action": "s3:*", "Resource": "*"}]}': {
        "iamExtraStatements": {"worker": [{"Action": "s3:*", "Resource": "*"}]}
    },
    'databaseMaintenanceSchedule="cron(0 3 * * ? *)" nat=none': {
        "databaseMaintenanceSchedule": "cron(0 3 * * ? *)",
        "nat": "none",
    },
    "empty= aws:region=eu-west-1 url=https://x/?a=b": {
        "empty": "",
        "aws:region": "eu-west-1",
        "url": "https://x/?a=b",
    },
}


def read(line: str) -> dict[str, Any]:
    """Return the settings of a line."""
    return {key: settings.value(key, written) for key, written in settings.split(line)}


@pytest.mark.parametrize("line", LINES)
def test_lines(line: str) -> None:
    """Strings, lists, mappings and quoted strings, with any space between."""
    assert read(line) == LINES[line]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("singleTask", "must be KEY=VALUE; got 'singleTask'"),
        ("a=b =c", "must be KEY=VALUE; got '=c'"),
        ("tags={a: b", "the '{' of '{a: b' has no end"),
        ("tags={a: b}c", "tags must end at a space; got '{a: b}c'"),
        ("tags={a: : b}", "tags must be a list or mapping in YAML; "),
    ],
)
def test_wrong_lines_are_refused(line: str, error: str) -> None:
    """With the part that is wrong."""
    with pytest.raises(settings.SettingError) as raised:
        read(line)
    assert str(raised.value).startswith(error)


def test_make_passes_them_unchanged() -> None:
    """Through the shell and make, quotes, spaces and dollars among them."""
    line = """tags={"team": "a b", 'x': '$HOME'} schedule="0 3 * * *" """
    probe = 'up: ; @printf %s "$$AIRFLOW_ECS_SETTINGS"\n'
    makefile = (ROOT / "Makefile").read_text()
    export = next(one for one in makefile.splitlines() if one.startswith("up: export"))
    done = subprocess.run(
        ["make", "-s", "-f", "-", "up", f"SETTINGS={line}"],
        input=f"{export}\n{probe}",
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == line
