"""What AwsEcsExecutor adds to a cluster: a task, and to the scheduler what starts it, nothing typed twice."""

import json
from dataclasses import replace
from typing import Any

from components.model.aws.started_task import StartedTask
from components.model.iam.grants import Grants
from components.model.services import task_role_policy
from components.model.services.airflow_env import environment
from components.model.services.service import Service
from components.model.settings.settings import Executor, Settings
from components.model.workload.vcpus import ON_DEMAND, peak_vcpus
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, ECS, ENDPOINTS, LOCAL, member

CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/airflow-1234567"
TASKS = "arn:aws:ecs:eu-west-1:123456789012:task/airflow-1234567/*"
FAMILY = "arn:aws:ecs:eu-west-1:123456789012:task-definition/airflow-ecs-task"
ROLES = ["arn:aws:iam::123456789012:role/ecs-task-execution", "arn:aws:iam::123456789012:role/ecs-task-task"]
STARTED = StartedTask(
    task_definition_arn=f"{FAMILY}:7",
    execution_role_arn=ROLES[0],
    task_role_arn=ROLES[1],
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_ids=["sg-task", "sg-further"],
    assign_public_ip=True,
)
GRANTS = Grants(
    logs_bucket_arn="arn:aws:s3:::the-logs",
    logs_prefix="airflow/tasks",
    data_bucket_arn="arn:aws:s3:::the-data",
    cluster_arn=CLUSTER,
    started={"ecs-task": STARTED},
)
PREFIX = "AIRFLOW__AWS_ECS_EXECUTOR__"


def _scheduler(settings: Settings) -> Service:
    return member(settings, "scheduler")


def _statements(settings: Settings, name: str) -> list[Any]:
    return task_role_policy.statements(settings, [member(settings, name)], GRANTS)


def test_the_scheduler_gets_all_that_run_task_takes() -> None:
    """From the program, which made it: cluster, network, definition and container."""
    given = environment(ECS, _scheduler(ECS), replace(ENDPOINTS, started={"ecs-task": STARTED}))
    found = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    assert json.loads(found.pop("RUN_TASK_KWARGS")) == {
        "capacity_provider_strategy": [{"capacityProvider": "FARGATE"}],
        "enableECSManagedTags": True,
        "tags": [{"key": "airflow-service", "value": "ecs-task"}],
    }
    assert found == {
        "ASSIGN_PUBLIC_IP": "True",
        "CHECK_HEALTH_ON_STARTUP": "False",
        "CLUSTER": "airflow-1234567",
        "CONTAINER_NAME": "ecs-task",
        "MAX_RUN_TASK_ATTEMPTS": "9",
        "PLATFORM_VERSION": "LATEST",
        "REGION_NAME": "eu-west-1",
        "SECURITY_GROUPS": "sg-task,sg-further",
        "SUBNETS": "subnet-a,subnet-b",
        "TASK_DEFINITION": f"{FAMILY}:7",
    }


def test_the_scheduler_starts_these_tasks_in_this_cluster_and_stops_no_others() -> None:
    """With their two roles; DAG code of LocalExecutor beside it could do no more."""
    own = {"aws:ResourceTag/airflow-service": "ecs-task"}
    assert _statements(Settings(executor=Executor.ECS), "scheduler") == [
        {
            "Action": ["ecs:RunTask"],
            "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
            "Effect": "Allow",
            "Resource": [f"{FAMILY}:*"],
        },
        {
            "Action": ["iam:PassRole"],
            "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            "Effect": "Allow",
            "Resource": ROLES,
        },
        {
            "Action": ["ecs:TagResource"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/airflow-service": "ecs-task",
                    "ecs:CreateAction": "RunTask",
                }
            },
            "Effect": "Allow",
            "Resource": [TASKS],
        },
        {
            "Action": ["ecs:StopTask"],
            "Condition": {"StringEquals": own},
            "Effect": "Allow",
            "Resource": [TASKS],
        },
        {"Action": ["ecs:DescribeTasks"], "Effect": "Allow", "Resource": [TASKS]},
        {
            "Action": ["ecs:ListTasks"],
            "Effect": "Allow",
            "Resource": ["arn:aws:ecs:eu-west-1:123456789012:container-instance/airflow-1234567/*"],
        },
    ]


def test_the_task_has_nothing_of_ecs_and_no_secret() -> None:
    """It reads and writes logs and data, as a worker does, and reaches the execution API alone."""
    task = member(ECS, "ecs-task")
    assert not task.secrets
    actions = {action for one in _statements(ECS, "ecs-task") for action in one["Action"]}
    assert {action.partition(":")[0] for action in actions} == {"s3"}
    assert task.calls == ("execution-api",)


def test_a_cluster_without_it_has_none_of_it() -> None:
    """Nor has a task of another executor anything of it."""
    for settings in (LOCAL, CELERY):
        everything = workload(settings).everything
        assert "ecs-task" not in {one.name for one in everything}
        assert not any("ECS_EXECUTOR" in name for one in everything for name in one.environment)


def test_what_several_executors_need_is_put_together() -> None:
    """In the order of the setting, whose first is the default, under the names by which tasks choose."""
    both = workload(Settings(executor="CeleryExecutor,big:AwsEcsExecutor"))
    names = [one.partition(":")[0] for one in both.executor.name.split(",")]
    assert names == ["CeleryExecutor", "big"]
    assert {"worker", "ecs-task"} <= {one.name for one in both.everything}
    (scheduler,) = (one for one in both.services if one.runs_executor)
    assert scheduler.calls == ("execution-api", "database", "broker")
    assert f"{PREFIX}CONTAINER_NAME" in scheduler.environment
    celery = _scheduler(CELERY).environment["AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"]
    assert scheduler.environment["AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"] == celery, "the larger"
    assert _scheduler(ECS).runs_tasks, "LocalExecutor is one of them"


def test_local_tasks_keep_within_the_schedulers_memory_with_others() -> None:
    """32 in all, as with other executors, of which the default scheduler carries four itself."""
    slots = _scheduler(ECS).environment
    assert slots["AIRFLOW__CORE__PARALLELISM"] == "32"
    assert slots["AIRFLOW_ECS_LOCAL_PARALLELISM"] == "4"
    assert _scheduler(LOCAL).environment["AIRFLOW__CORE__PARALLELISM"] == "4"
    assert "AIRFLOW_ECS_LOCAL_PARALLELISM" not in _scheduler(LOCAL).environment


def test_the_quota_counts_as_many_as_can_run() -> None:
    """A warning before `up` is worth more than a start that fails."""
    more = peak_vcpus(workload(Settings(executor=Executor.ECS)))[ON_DEMAND]
    assert more == peak_vcpus(workload(LOCAL))[ON_DEMAND] + 32
