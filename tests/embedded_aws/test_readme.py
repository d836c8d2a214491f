"""The README of the package: its commands work, and its tables name what there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

from embedded_aws import programs
from embedded_aws.account import delays

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "embedded_aws" / "README.md").read_text()


def test_the_commands_work(tmp_path: Path) -> None:
    """From an empty folder: an account starts, answers boto3, and ends."""
    (block,) = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    script = block.replace("/tmp/account", str(tmp_path / "account"))  # noqa: S108 - what the README has
    assert script.count(str(tmp_path)) == 2
    environment = {
        "HOME": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "123456789012\n", "stopped\n")


def test_the_packages_are_those_that_are_looked_for() -> None:
    """All but util-linux, which every Debian has."""
    (line,) = re.findall(r"Debian's packages `(.*?)`", README, re.DOTALL)
    assert {*line.split(), "util-linux"} == {programs.PACKAGES[program] for program in programs.ACCOUNT}


def test_the_delays_are_those_of_the_account() -> None:
    """Names, seconds and sentences."""
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \| (.*) \|$", README, re.MULTILINE)
    assert rows == [(name, str(delay.seconds), delay.what) for name, delay in delays.DELAYS.items()]


def test_the_layout_names_what_there_is() -> None:
    """Every module and folder of the package and of the account has a row, and every row exists."""
    layout = README.partition("## Layout")[2].partition("## ")[0]
    named = {
        name.rstrip("/") for row in layout.splitlines() for name in re.findall(r"`([\w/]+(?:/|\.py))`", row)
    }
    package = ROOT / "embedded_aws"
    assert {name for name in named if not (package / name).exists()} == set()
    existing = {
        str(path.relative_to(package))
        for folder in (package, package / "account")
        for path in folder.iterdir()
        if path.name not in {"__init__.py", "README.md", "account"}
        and any(source.suffix == ".py" for source in (path, *path.rglob("*")))
    }
    assert existing - named == set()


def test_the_variables_are_those_that_are_read() -> None:
    """By the code of the package."""
    sources = "".join(path.read_text() for path in (ROOT / "embedded_aws").rglob("*.py"))
    names = set(re.findall(r"EMBEDDED_AWS_\w+", sources))
    assert names == set(re.findall(r"EMBEDDED_AWS_\w+", README))
