"""`airflow-ecs redeploy`: which services, and how it ends.

Not proved here: what ECS does; see `tests/components/services/test_redeployment.py`.
"""

import json
import os
import signal
from threading import Event
from typing import Any

import pytest

from cli import redeploy
from components.base.aws_clients import AccessError
from components.services.rollout import RolloutFailedError
from components.services.rollout_props import RolloutProps
from tests.cli.deployed import Deployed
from tests.components.services.test_rollout import PROPS


def _rollout(service: str, **more: Any) -> dict[str, Any]:
    outputs = {**PROPS, "service_name": service, "__provider": "x"}
    return {"type": redeploy.ROLLOUT, "urn": f"urn:x::{service}", "outputs": outputs, **more}


@pytest.fixture
def known(stack: Deployed) -> Deployed:
    """A stack with two rollouts in its state, and one that an interrupted `up` left to be deleted."""
    resources: list[dict[str, Any]] = [
        {"type": "aws:ecs/service:Service", "urn": "urn:x::y", "outputs": {}},
        _rollout("air-api"),
        _rollout("air-scheduler"),
        _rollout("air-scheduler", delete=True),
    ]
    exported = {"version": 3, "deployment": {"resources": resources}}
    (stack.folder / "bin" / "dev" / "stack export").write_text(json.dumps(exported))
    return stack


@pytest.fixture
def deployments(monkeypatch: pytest.MonkeyPatch) -> list[RolloutProps]:
    """What is deployed; the scheduler has an old task that still works."""
    found: list[RolloutProps] = []

    def deploy(wanted: RolloutProps) -> list[str]:
        found.append(wanted)
        return ["a protected until noon"] if wanted.service_name == "air-scheduler" else []

    monkeypatch.setattr(redeploy, "redeploy", deploy)
    return found


def test_every_service_is_redeployed_once(known: Deployed, deployments: list[RolloutProps]) -> None:
    """As the last `up` wanted it, with the stack's own identity."""
    done = known.run("redeploy", "--json")
    assert json.loads(done.out)["remaining"] == {"air-api": [], "air-scheduler": ["a protected until noon"]}
    assert sorted(one.service_name for one in deployments) == ["air-api", "air-scheduler"]
    assert {one.access["region"] for one in deployments} == {"eu-west-1"}
    assert "an old task still works: a protected until noon" in done.err


def test_a_component_names_the_service_that_it_runs_in(
    known: Deployed, deployments: list[RolloutProps]
) -> None:
    """With all that shares its tasks."""
    assert known.run("redeploy", "execution-api").code == 0
    assert [one.service_name for one in deployments] == ["air-api"]


def test_a_service_that_fails_fails_the_command(known: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its reason; the others are waited for."""

    def deploy(wanted: RolloutProps) -> list[str]:
        if wanted.service_name == "air-api":
            raise RolloutFailedError("service air-api: ECS rolled it back")
        return []

    monkeypatch.setattr(redeploy, "redeploy", deploy)
    done = known.run("redeploy")
    assert (done.code, done.out) == (1, "")
    assert sorted(done.err.splitlines()) == [
        "air-scheduler runs new tasks",
        "service air-api: ECS rolled it back",
    ]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["nobody"], "stack dev has no service nobody: it has api-server, execution-api, scheduler"),
        ([], "stack dev is not complete: its state has no rollout of a service. Run `pulumi up --stack dev`"),
    ],
    ids=["unknown", "no rollout"],
)
def test_what_is_not_there_is_one_line(stack: Deployed, words: list[str], error: str) -> None:
    """With exit code 2."""
    done = stack.run("redeploy", *words)
    assert (done.code, done.err) == (2, f"{error}\n")


def test_a_state_of_an_older_program_is_one_line(known: Deployed) -> None:
    """Where a later one needs more of a rollout."""
    file = known.folder / "bin" / "dev" / "stack export"
    file.write_text(file.read_text().replace('"timeout_seconds"', '"timeout"'))
    done = known.run("redeploy")
    assert done.code == 2
    assert "by an older program, which has no 'timeout_seconds' of a rollout. Run `pulumi up" in done.err


def test_a_sleeping_stack_is_one_line(known: Deployed, deployments: list[RolloutProps]) -> None:
    """Nothing is woken."""
    known.scale(0)
    done = known.run("redeploy")
    assert done.code == 2
    assert done.err.startswith("stack dev is asleep: ")
    assert deployments == []


def test_credentials_of_another_account_are_one_line(
    known: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `Rollout` describes them."""

    def deploy(_: RolloutProps) -> list[str]:
        raise AccessError("the cluster is in account 1")

    monkeypatch.setattr(redeploy, "redeploy", deploy)
    done = known.run("redeploy", "scheduler")
    assert (done.code, done.err) == (2, "the cluster is in account 1\n")


def test_ctrl_c_does_not_wait_for_the_services(known: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS goes on without the command."""
    ends = Event()

    def deploy(wanted: RolloutProps) -> list[str]:
        if wanted.service_name == "air-api":
            os.kill(os.getpid(), signal.SIGINT)
        ends.wait()
        return []

    monkeypatch.setattr(redeploy, "redeploy", deploy)
    done = known.run("redeploy")
    ends.set()
    assert (done.code, done.out, done.err) == (130, "", "")
