"""`airflow-ecs run`: what is started, and how its end is passed on.

Not proved: that the command runs. moto's tasks run nothing; `tests/embedded_aws/account/test_one_off.py`
runs one.
"""

from typing import Any

import pytest

from cli import one_off
from cli.cluster import Cluster
from tests.cli.deployed import GROUPS, NAMES, Deployed
from tests.helpers.interrupts import interrupt_pauses

OUTPUTS = {"cluster_name": "air", "service_names": NAMES, "log_groups": GROUPS}


class Ended:
    """A task that ended with a code, or before it ran."""

    def __init__(self, exit_code: int | None) -> None:
        self.container = {"name": "scheduler"} | ({} if exit_code is None else {"exitCode": exit_code})
        self.answers: list[list[str]] = [[], ["one"], ["two", "three"]]
        self.statuses = ["PENDING", "STOPPED"]

    def describe(self, arn: str) -> dict[str, Any]:
        """Describe the task, closer to its end each time."""
        status = self.statuses.pop(0)
        return {
            "taskArn": arn,
            "lastStatus": status,
            "stoppedReason": "no capacity",
            "containers": [self.container],
        }

    def events(self, _group: str, stream: str, _token: str) -> tuple[list[dict[str, str]], str]:
        """Give what was written since."""
        assert stream.startswith("scheduler/scheduler/")
        found = self.answers.pop(0) if self.answers else []
        return [{"message": f"{line}\n"} for line in found], "token"


@pytest.fixture
def cluster(stack: Deployed, monkeypatch: pytest.MonkeyPatch) -> Cluster:
    """The stack's cluster, where nobody waits."""
    monkeypatch.setattr(one_off, "POLL_SECONDS", 0.001)
    monkeypatch.setattr(one_off, "SETTLED_SECONDS", 0.01)
    return Cluster("dev", "123456789012", OUTPUTS, stack.client)


@pytest.mark.parametrize(
    ("exit_code", "code", "last"),
    [
        (0, 0, "three"),
        (7, 7, "three"),
        (None, 1, "the task did not run: no capacity"),
    ],
    ids=["success", "failure", "not started"],
)
def test_the_end_of_the_command_is_passed_on(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, exit_code: int | None, code: int, last: str
) -> None:
    """With its log meanwhile, the last lines too, which come after the end."""
    ended = Ended(exit_code)
    monkeypatch.setattr(cluster, "task", ended.describe)
    monkeypatch.setattr(cluster, "stream_events", ended.events)
    shown: list[str] = []
    assert one_off.run(cluster, ["airflow", "dags", "list"], shown.append)[1] == code
    assert shown[:3] == ["one", "two", "three"]
    assert shown[-1] == last


def test_the_task_is_the_schedulers_with_another_command(stack: Deployed, cluster: Cluster) -> None:
    """In its network; whatever shares the task does not run a second time."""
    ecs = stack.client("ecs")
    ecs.register_task_definition(
        family="air-together",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[
            {"name": one, "image": "x", "memory": 128} for one in ("scheduler", "triggerer")
        ],
    )
    ecs.update_service(cluster="air", service="air-scheduler", taskDefinition="air-together")
    started = cluster.task(cluster.start(cluster.service("scheduler"), "scheduler", ["airflow", "version"]))
    assert started
    assert started["taskDefinitionArn"].endswith("/air-together:1")
    assert started["startedBy"] == "airflow-ecs-run"
    commands = {one["name"]: one["command"] for one in started["overrides"]["containerOverrides"]}
    assert commands == {"scheduler": ["airflow", "version"], "triggerer": ["sleep", "infinity"]}


@pytest.mark.parametrize("words", [["dags", "list"], ["airflow", "dags", "list"]])
def test_the_word_airflow_may_be_left_out(words: list[str]) -> None:
    """Or be there, as in a shell of a container."""
    assert one_off.command_of(words) == ["airflow", "dags", "list"]


def test_ctrl_c_stops_the_task(stack: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing runs on that nobody waits for."""
    interrupt_pauses(monkeypatch)
    done = stack.run("run", "--", "dags", "list")
    assert (done.code, done.err) == (130, "")
    ecs = stack.client("ecs")
    (arn,) = ecs.list_tasks(cluster="air", desiredStatus="STOPPED")["taskArns"]
    (task,) = ecs.describe_tasks(cluster="air", tasks=[arn])["tasks"]
    assert task["stoppedReason"] == "airflow-ecs run was interrupted"


def test_a_sleeping_stack_is_one_line(stack: Deployed) -> None:
    """With what to do; nothing is started."""
    stack.scale(0)
    done = stack.run("run", "--", "dags", "list")
    assert done.code == 2
    assert done.err.startswith(
        "stack dev is asleep: none of its services is to run a task. Set asleep to false"
    )
    assert "ecs:RunTask" not in stack.calls


def test_a_command_is_needed(stack: Deployed) -> None:
    """With an example."""
    done = stack.run("run")
    assert done.code == 2
    assert "airflow-ecs run --stack STACK -- dags list" in done.err
