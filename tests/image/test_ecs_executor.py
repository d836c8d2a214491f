"""The image's AwsEcsExecutor in Airflow's environment: what it sends to ECS, and what it makes of answers.

What this does not prove: that ECS answers so. `tests/embedded_aws/account/test_run_task.py` has AWS's pages
for what is refused, and `tests/local/cluster` runs tasks.
"""

import json
import os
import subprocess
from typing import Any

import pytest

from components.model.aws.started_task import StartedTask
from components.model.endpoints import Endpoints
from components.model.services import ecs_task, timeouts
from components.model.services.airflow_env import environment
from components.model.settings.settings import Executor, Settings
from components.model.workload.workload import workload
from tests.dags import interpreters
from tests.helpers.checkout import ROOT

pytestmark = pytest.mark.airflow

STARTED = StartedTask(
    task_definition_arn="arn:aws:ecs:us-east-1:123456789012:task-definition/air-ecs-task:3",
    subnet_ids=("subnet-1", "subnet-2"),
    security_group_ids=("sg-1",),
)
ENDPOINTS = Endpoints(
    base_url="http://airflow.example",
    execution_api_url="http://execution-api.air.internal:8081/execution/",
    region="us-east-1",
    logs_bucket="logs",
    logs_prefix="air/tasks",
    data_bucket="data",
    load_balancer_cidrs=(),
    cluster_name="airflow",
    started={ecs_task.NAME: STARTED},
)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What each scenario of the script came to, with the variables that the program gives a scheduler."""
    settings = Settings(executor=Executor.ECS)
    (scheduler,) = (one for one in workload(settings).services if one.runs_executor)
    variables = {
        name: value
        for name, value in environment(settings, scheduler, ENDPOINTS).items()
        if "ECS_EXECUTOR" in name or name.startswith("AIRFLOW_ECS_SPOT")
    }
    result = subprocess.run(
        [interpreters.airflow(print), ROOT / "tests/image/scripts/ecs_executor.py"],
        env={
            **os.environ,
            **variables,
            "AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow")),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(ROOT / "docker"),
        },
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr + result.stdout
    return json.loads(result.stdout.splitlines()[-1])


def test_a_task_is_sent_with_all_that_the_program_knows(found: dict[str, Any]) -> None:
    """Cluster, network and definition are nowhere typed again; size and environment are the task's to choose.

    A task with more memory has it in its container, whose limit is that of the definition otherwise.
    """
    sent = found["request"]["sent"]
    (container,) = sent["overrides"].pop("containerOverrides")
    assert container.pop("command")[:4] == [
        "python",
        "-m",
        "airflow.sdk.execution_time.execute_workload",
        "--json-string",
    ]
    assert sent.pop("clientToken"), "a repeated request starts no second task"
    assert sent == {
        "cluster": "airflow",
        "taskDefinition": STARTED.task_definition_arn,
        "networkConfiguration": {
            "awsvpcConfiguration": {
                "assignPublicIp": "DISABLED",
                "securityGroups": ["sg-1"],
                "subnets": ["subnet-1", "subnet-2"],
            }
        },
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}],
        "count": 1,
        "enableECSManagedTags": True,
        "platformVersion": "LATEST",
        "startedBy": found["request"]["id"],
        "tags": [{"key": "airflow-service", "value": "ecs-task"}],
        "overrides": {"cpu": "2048", "memory": "8192"},
    }
    assert container == {
        "name": "ecs-task",
        "memory": 8192,
        "environment": [
            {"name": "A", "value": "b"},
            {"name": "AIRFLOW_IS_EXECUTOR_CONTAINER", "value": "true"},
        ],
    }
    assert found["request"]["events"]["one"][0] == "running", "with it the scheduler notes the ECS task"


def test_what_ecs_cannot_take_fails_at_once_with_a_line(found: dict[str, Any]) -> None:
    """The provider would send it three times, and an executor_config of its own would end the scheduler."""
    refused = found["refused"]
    assert refused["events"]["long"][0] == "failed"
    assert "of the 8192 characters that ECS takes as overrides" in refused["events"]["long"][1]
    assert "\n" not in refused["events"]["long"][1]
    wrong = "executor_config: {} cannot be changed by a task. overrides can"
    assert refused["events"]["network"] == ["failed", wrong.format("networkConfiguration")]
    assert refused["events"]["command"] == ["failed", wrong.format("command")]
    assert (refused["sent"], refused["running"], refused["queued"]) == (1, 1, 0)


def test_the_loop_waits_for_a_few_starts_at_a_time(found: dict[str, Any]) -> None:
    """A scheduler whose loop stands is taken for dead; the others have their turn in the next."""
    many = found["many"]
    assert (many["first"], many["all"]) == (many["most"], many["most"] + 5)


def test_a_task_that_ecs_does_not_know_yet_is_not_started_again(found: dict[str, Any]) -> None:
    """For five minutes; after that it has ended, and its start is tried again."""
    unknown = found["unknown"]
    assert [state for state, _ in unknown["young"].values()] == ["running"]
    assert (unknown["waits"], unknown["sent"]) == (1, 1)


def test_only_a_start_is_tried_again(found: dict[str, Any]) -> None:
    """Of what has run, the executor knows not how far it came: it fails, with ECS's reason."""
    (state, reason), waits = found["failed"]["events"]["ran"], found["failed"]["waits"]
    assert state == "failed"
    assert reason.endswith(": because; ecs-task: exit code 137")
    assert waits == ["never"]


def test_without_spot_capacity_a_task_runs_on_demand(found: dict[str, Any]) -> None:
    """The second try of one that was to run on Spot."""
    assert found["capacity"] == [[{"capacityProvider": "FARGATE_SPOT"}], [{"capacityProvider": "FARGATE"}]]


def test_a_task_that_begins_too_late_is_given_up(found: dict[str, Any]) -> None:
    """The provider does not know how; then nothing ever queues it again."""
    assert found["revoked"] == {"stopped": 1, "running": 0, "known": 0}


def test_a_scheduler_killed_with_20_tasks_pending_loses_none(found: dict[str, Any]) -> None:
    """Ten run in ECS, half of them not noted: taken over, none sent again. Ten do not: queued again."""
    adopted = found["adopted"]
    assert adopted["back"] == ["not started", "older try", "stopped"]
    assert adopted["count"] + adopted["running"] == 20
    assert adopted["noted"] == adopted["running"] == 10
    assert adopted["sent"] == 0


def test_ecs_does_not_hold_the_schedulers_loop_up(found: dict[str, Any]) -> None:
    """An answer that does not come, with its tries, costs less than the time after which others take over."""
    patience = found["request"]["patience"]
    waits = patience["connect_timeout"] + patience["read_timeout"]
    assert waits * patience["retries"]["total_max_attempts"] < timeouts.SCHEDULER_HEARTBEAT_SECONDS
