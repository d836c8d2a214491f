"""`airflow-ecs scale`, `sleep` and `wake`: which setting each writes, and what is refused.

A script answers for `pulumi`; `tests/cli/test_change.py` has the preview and `up` that follow.
"""

import json
from typing import Any

import pytest

from cli.stack import Stack
from tests.cli import pulumi
from tests.cli.deployed import NAMES, REGION, Deployed

SERVICES = {**NAMES, "dag-processor": "air-dags", "worker-small": "air-small", "worker-large": "air-large"}
GROUPS = [{"name": "small", "count": 2}, {"name": "large", "maximumCount": 5}]


def _knows(stack: Deployed, events: list[dict[str, Any]] | None = None, **settings: str) -> None:
    configuration = {f"airflow-ecs:{key}": value for key, value in settings.items()}
    pulumi.install(
        stack.folder / "bin",
        outputs=stack.outputs | {"service_names": SERVICES},
        configuration={"aws:region": REGION, **configuration},
        events=events,
        errors={"preview": "error: preview failed"} if events else None,
    )


def _configured(stack: Deployed) -> list[str]:
    """List what was written into the stack's file or removed from it."""
    calls = [one.split() for one in pulumi.calls(stack.folder / "bin")]
    return [" ".join(one[1:5]) for one in calls if one[0] == "config" and one[1] in ("set-all", "rm-all")]


@pytest.mark.parametrize(
    ("service", "setting"),
    [
        ("scheduler", "schedulerCount"),
        ("dag-processor", "dagProcessorCount"),
        ("worker-small", "workerGroups[0].count"),
    ],
)
def test_a_service_is_scaled_by_its_setting(stack: Deployed, service: str, setting: str) -> None:
    """That of a worker group stands in a list."""
    _knows(stack, workerGroups=json.dumps(GROUPS))
    value = stack.json("scale", service, "3")
    assert value == {"stack": "dev", "service": service, "count": 3}
    assert _configured(stack) == [f"set-all --path --plaintext {setting}=3"]


def test_a_group_whose_scaling_is_refused_has_its_number_again(stack: Deployed) -> None:
    """It is not removed."""
    refused = {"message": "it was made so", "severity": "error", "urn": "urn:x", "color": "never"}
    event: dict[str, Any] = {"sequence": 1, "timestamp": 0, "diagnosticEvent": refused}
    _knows(stack, events=[event], workerGroups=json.dumps(GROUPS))
    assert stack.run("scale", "worker-small", "3").code == 1
    assert _configured(stack) == [
        f"set-all --path --plaintext workerGroups[0].count={count}" for count in (3, 2)
    ]


@pytest.mark.parametrize(
    ("service", "settings", "error"),
    [
        ("worker", {}, "has no service worker: it has api-server, dag-processor, "),
        ("execution-api", {}, "shares the task of api-server: scale that"),
        ("worker-large", {}, "is scaled by AWS: change workerGroups[1].minimumCount or "),
        ("scheduler", {"asleep": "true"}, "is asleep: run `airflow-ecs wake --stack dev` first"),
        (
            "scheduler",
            {"schedulerScaledExternally": "true"},
            "is scaled by others: schedulerScaledExternally is true",
        ),
    ],
)
def test_what_has_no_number_of_its_own_is_one_line(
    stack: Deployed, service: str, settings: dict[str, str], error: str
) -> None:
    """With exit code 2; nothing is changed."""
    _knows(stack, None, workerGroups=json.dumps(GROUPS), **settings)
    done = stack.run("scale", service, "3")
    assert done.code == 2
    assert error in done.err
    assert done.err.count("\n") == 1
    assert _configured(stack) == []


def test_a_stack_sleeps_and_wakes_by_a_setting(stack: Deployed) -> None:
    """Which waking removes, so the file is as it was."""
    assert stack.json("sleep") == {"stack": "dev", "asleep": True}
    assert _configured(stack) == ["set-all --path --plaintext asleep=true"]
    _knows(stack, asleep="true")
    assert stack.json("wake") == {"stack": "dev", "asleep": False}
    assert _configured(stack)[1:] == ["rm-all --path asleep --config-file"]


def test_a_setting_is_read_by_its_path(stack: Deployed) -> None:
    """Lists and mappings as JSON; what is not there is empty."""
    _knows(stack, workerGroups=json.dumps(GROUPS), workerCount="4")
    found = Stack("dev", stack.folder)
    assert found.setting("workerCount") == "4"
    assert found.setting("workerGroups[1].name") == "large"
    assert found.setting("workerGroups[1]") == json.dumps(GROUPS[1])
    for missing in ("nat", "workerGroups[2]", "workerGroups[2].count", "workerGroups[0].queues", "nat[0]"):
        assert found.setting(missing) == ""


@pytest.mark.parametrize(("found", "prefix"), [(True, ""), (False, "no browser was found: Airflow is at ")])
def test_airflow_is_opened_in_the_browser(
    stack: Deployed, monkeypatch: pytest.MonkeyPatch, *, found: bool, prefix: str
) -> None:
    """Where there is none, its address is printed."""
    opened: list[str] = []

    def browse(url: str) -> bool:
        opened.append(url)
        return found

    monkeypatch.setattr("webbrowser.open", browse)
    done = stack.run("open")
    assert (done.code, opened) == (0, ["https://air.example.com"])
    assert done.out == f"{prefix}https://air.example.com\n"
