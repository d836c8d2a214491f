"""Commands that change what is wanted of a stack: the settings, the preview, `up`, in this order.

A script answers for `pulumi`; `tests/engine/test_updates.py` runs the real one.
"""

from typing import Any

import pytest

from cli.change import change
from cli.stack import Stack
from tests.cli import pulumi
from tests.cli.deployed import REGION, Deployed
from tests.cli.test_engine import URN

REFUSED: dict[str, Any] = {
    "sequence": 1,
    "timestamp": 0,
    "diagnosticEvent": {"message": "it was made so", "severity": "error", "urn": URN, "color": "never"},
}


def _changes(stack: Deployed) -> list[str]:
    """List the calls that change something, or could."""
    words = ("config set-all", "config rm-all", "preview", "up")
    calls = pulumi.calls(stack.folder / "bin")
    return [" ".join(one.split()[:6]) for one in calls if one.startswith(words)]


def _knows(stack: Deployed, **more: Any) -> None:
    configuration = {"aws:region": REGION, **more.pop("configuration", {})}
    pulumi.install(stack.folder / "bin", outputs=stack.outputs, configuration=configuration, **more)


def test_a_change_is_configured_previewed_and_brought_up(stack: Deployed) -> None:
    """With policies; what was read before is read again."""
    found = Stack("dev", stack.folder)
    assert found.url == "https://air.example.com"
    stack.knows(url="http://new")
    values = {"workerCount": "3", "loadBalancerAllowedCidrs[0]": "10.0.0.0/8", "nat": None}
    change(found, "x", values, wait_seconds=0)
    assert found.url == "http://new"
    assert [one.split()[0] for one in _changes(stack)] == ["config", "preview", "up"], "nat is not set"
    (configured,) = (one for one in pulumi.calls(stack.folder / "bin") if one.startswith("config set-all"))
    assert "--plaintext workerCount=3 --plaintext loadBalancerAllowedCidrs[0]=10.0.0.0/8" in configured


def test_the_scheduler_is_stopped_by_a_setting(stack: Deployed) -> None:
    """And the stack's file is to be committed."""
    (stack.folder / "Pulumi.dev.yaml").write_text("config: {}\n")
    done = stack.run("stop-scheduler")
    assert done.code == 0, done.err
    assert done.out == (
        "the scheduler of stack dev is stopped. Commit Pulumi.dev.yaml: another deployment would change it "
        "back\n"
    )
    configured, *operations = _changes(stack)
    assert configured.startswith("config set-all --path --plaintext schedulerStopped=true ")
    assert [one.split()[0] for one in operations] == ["preview", "up"]


def test_the_scheduler_is_started_by_removing_it(stack: Deployed) -> None:
    """So the file is as it was."""
    _knows(stack, configuration={"airflow-ecs:schedulerStopped": "true"})
    assert stack.json("start-scheduler") == {"stack": "dev", "scheduler_stopped": False}
    assert _changes(stack)[0] == "config rm-all --path schedulerStopped --non-interactive --stack"


def test_a_second_stop_changes_no_setting(stack: Deployed) -> None:
    """And goes on where the first one failed."""
    _knows(stack, configuration={"airflow-ecs:schedulerStopped": "true"})
    stack.run("stop-scheduler")
    assert [one.split()[0] for one in _changes(stack)] == ["preview", "up"]


def test_a_change_that_is_refused_leaves_the_settings_as_they_were(stack: Deployed) -> None:
    """And nothing is brought up."""
    _knows(stack, events=[REFUSED], errors={"preview": "error: preview failed"})
    done = stack.run("stop-scheduler")
    assert done.code == 1
    assert "stop of the scheduler of dev: it was made so" in done.err
    assert [one.split()[1] for one in _changes(stack) if one.startswith("config")] == ["set-all", "rm-all"]
    assert not [one for one in _changes(stack) if one.startswith("up")]


@pytest.mark.parametrize("verb", ["stop-scheduler", "start-scheduler"])
@pytest.mark.parametrize(("setting", "error"), [("asleep", "is asleep"), ("singleTask", "has singleTask")])
def test_where_the_scheduler_does_not_run_by_itself_is_one_line(
    stack: Deployed, verb: str, setting: str, error: str
) -> None:
    """With exit code 2; nothing is changed."""
    _knows(stack, configuration={f"airflow-ecs:{setting}": "true"})
    done = stack.run(verb)
    assert done.code == 2
    assert done.err.startswith(f"stack dev {error}: ")
    assert done.err.count("\n") == 1
    assert _changes(stack) == []
