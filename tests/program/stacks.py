"""Runs `__main__.py` with a shipped stack file, as the engine would."""

import json
import os
import runpy
from collections.abc import Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.checkout import ROOT, SHIPPED
from tests.helpers.existing_account import account
from tests.helpers.pulumi_mocks import PROJECT, REGION, Recording, record

HERE = Path(__file__).resolve().parent
STACKS = ("dev", "prod", "local")
CA_FILE = "docker/ca/rds-global-bundle.pem"
"""Stands for the certificate that the embedded account makes when it starts."""


def stack_file(stack: str) -> dict[str, Any]:
    """Read a stack file as it ships."""
    return yaml.safe_load((SHIPPED / f"Pulumi.{stack}.yaml").read_text())


def configuration(stack: str) -> dict[str, str]:
    """Give a stack's configuration by key, without the project's name, as the engine hands it over."""
    return {
        key.removeprefix(f"{PROJECT}:"): value if isinstance(value, str) else json.dumps(value)
        for key, value in stack_file(stack)["config"].items()
        if key.startswith(f"{PROJECT}:")
    }


def run(stack: str, config: Mapping[str, str], region: str = REGION) -> Recording:
    """Run the program under mocks, in an account that has a company's things, or recall how it went.

    Args:
        stack: its name.
        config: the stack's configuration; keys without a namespace are the program's own.
        region: where it is deployed.
    """
    return _run(stack, tuple(sorted(config.items())), region)


@cache
def _run(stack: str, config: tuple[tuple[str, str], ...], region: str) -> Recording:
    qualified = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in config}
    answers = {**account(), "aws:index/getRegion:getRegion": partial(_lies_in, region)}
    before = os.environ.get("PULUMI_CONFIG")
    os.environ["PULUMI_CONFIG"] = json.dumps(qualified)
    try:
        return record(lambda: runpy.run_path(str(ROOT / "__main__.py")), stack=stack, answers=answers)
    finally:
        if before is None:
            del os.environ["PULUMI_CONFIG"]
        else:
            os.environ["PULUMI_CONFIG"] = before


def _lies_in(region: str, _: dict[str, Any]) -> dict[str, str]:
    return {"region": region}


def run_shipped(stack: str) -> Recording:
    """Run the program as shipped for a stack."""
    config = configuration(stack)
    if "imageExtraCaFile" in config:
        config["imageExtraCaFile"] = CA_FILE
    return run(stack, config)


def lines(recording: Recording) -> str:
    """List what was registered, sorted, one a line: all of a URN but stack and project.

    These are the types of all parents, the resource's own type, and its name.
    https://www.pulumi.com/docs/iac/concepts/resources/names/#urns
    """
    return "".join(sorted(f"{one.urn.split('::', 2)[2]}\n" for one in recording.resources))


def golden(stack: str) -> Path:
    """Where the list of a stack's resources is kept."""
    return HERE / "golden" / f"{stack}.txt"
