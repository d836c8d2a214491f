"""Stack files that lie here can be deployed, as far as their settings alone tell.

Not proved: that the AWS account has what they name, which a preview looks up.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.model.settings.configuration import parse
from components.model.settings.errors import SettingsError, stack_key
from components.model.workload.workload import workload
from tests.helpers.checkout import ROOT, STACK_FILES

NAMESPACE = "airflow-ecs:"
FILES = sorted(ROOT.glob(STACK_FILES))


def errors(file: Path) -> str:
    """Return what is wrong with a stack file's settings, "" where nothing is."""
    stack: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    config: dict[str, Any] = stack.get("config") or {}
    raw = {
        key.removeprefix(NAMESPACE): value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
        if key.startswith(NAMESPACE)
    }
    try:
        workload(parse(raw))
    except SettingsError as error:
        return "\n".join(error.lines(stack_key))
    return ""


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_its_settings_can_be_deployed(file: Path) -> None:
    """Each by itself and all together."""
    refused = errors(file)
    assert not refused, f"`pulumi up` would refuse {file.name} (see docs/configuration.md): {refused}"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("", ""),
        ("encryptionsalt: v1:salt\n", ""),
        ("config:\n  aws:region: eu-west-1\n  team:anything: [1]\n", ""),
        ("config:\n  airflow-ecs:singleTask: true\n  airflow-ecs:apiServerMemoryMib: 4096\n", ""),
        ("config:\n  airflow-ecs:wrokerCount: 2\n", "wrokerCount"),
        ("config:\n  airflow-ecs:extraEnvironment: {wroker: {}}\n", "extraEnvironment"),
        ("config:\n  airflow-ecs:vpcCidr: 10.0.0.0/33\n", "vpcCidr"),
    ],
)
def test_a_mistake_is_found_and_nothing_else(tmp_path: Path, text: str, refused: str) -> None:
    """By its key; what Pulumi and other programs keep in the file is left alone."""
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    assert refused in errors(file)
    assert bool(refused) is bool(errors(file))
