"""What a cluster with worker groups runs: a service for each, with its own size, queues and permissions."""

import dataclasses
from typing import Any

import pytest

from components.model.brokers.broker import BROKER
from components.model.iam.grants import Grants
from components.model.services import airflow_env, execution_api, task_role_policy, worker
from components.model.settings.errors import SettingsError
from components.model.settings.settings import Executor, IamSettings, Settings, WorkerGroup
from components.model.workload.traffic_rules import traffic_rules
from components.model.workload.vcpus import ON_DEMAND, SPOT, peak_vcpus
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, ENDPOINTS, member, members

STATEMENT = {"Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:eu-west-1:123456789012:large"}
SMALL = WorkerGroup(name="small", queues=("default",), count=5, spot_percent=75, on_demand_base=1)
LARGE = WorkerGroup(
    name="large",
    queues=("large", "default"),
    cpu_units=4096,
    memory_mib=16384,
    ephemeral_storage_gib=100,
    extra_statements=(STATEMENT,),
    environment={"BATCH_SIZE": "500"},
)
GROUPS = Settings(executor=Executor.CELERY, worker_groups=(SMALL, LARGE))
NAMES = ("worker-small", "worker-large")
GRANTS = Grants(
    logs_bucket_arn="arn:logs", logs_prefix="tasks", data_bucket_arn="arn:data", cluster_arn="arn:cluster/c"
)


def test_each_group_is_a_service_in_place_of_the_one_of_all_workers() -> None:
    """Whoever enumerates services has them: traffic, roles, log groups, outputs."""
    before, after = ([service.name for service in members(settings)] for settings in (CELERY, GROUPS))
    place = before.index("worker")
    assert after == [*before[:place], *NAMES, *before[place + 1 :]]
    tasks = [[service.name for service in task] for task in workload(GROUPS).tasks]
    assert [task for task in tasks if "worker" in task[0]] == [[name] for name in NAMES]
    sources = {(rule.source, rule.target) for rule in traffic_rules(workload(GROUPS))}
    assert {one for one in sources if "worker" in one[0]} == {
        (name, target) for name in NAMES for target in ("api-server", BROKER)
    }


def test_a_group_differs_from_todays_worker_in_what_it_sets_alone() -> None:
    """The same image, checks, protection, secrets and calls."""
    today = member(CELERY, "worker")
    group = WorkerGroup(name="one", queues=("default",))
    found = member(Settings(executor=Executor.CELERY, worker_groups=(group,)), "worker-one")
    assert dataclasses.replace(found, name="worker", size=today.size) == today
    assert found.health_check == today.health_check
    assert found.calls == (execution_api.NAME, BROKER)


def test_each_group_runs_as_many_tasks_as_its_own_memory_carries() -> None:
    """360 MiB each, and 16 a vCPU at most; and as many are queued as all of them run."""
    groups = [member(GROUPS, name) for name in NAMES]
    slots = [one.environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"] for one in groups]
    assert slots == ["4", "44"]
    assert member(GROUPS, "scheduler").environment["AIRFLOW__CORE__PARALLELISM"] == str(5 * 4 + 44)
    queues = [one.command[one.command.index("--queues") + 1] for one in groups]
    assert queues == ["default", "large,default"]


def test_a_group_has_what_is_for_all_what_is_for_workers_and_its_own() -> None:
    """In this order: the last of a name holds."""
    settings = dataclasses.replace(
        GROUPS,
        extra_environment={
            "all": {"A": "all", "BATCH_SIZE": "1"},
            "worker": {"A": "workers", "B": "workers"},
            "worker-large": {"B": "large"},
        },
    )
    seen = {name: _environment(settings, name) for name in (*NAMES, "triggerer")}
    image = {"AIRFLOW_ECS_SERVICE": "worker"}
    assert seen == {
        "worker-small": image | {"A": "workers", "B": "workers", "BATCH_SIZE": "1"},
        "worker-large": image | {"A": "workers", "B": "large", "BATCH_SIZE": "500"},
        "triggerer": {"AIRFLOW_ECS_SERVICE": "triggerer", "A": "all", "BATCH_SIZE": "1"},
    }


def _environment(settings: Settings, name: str) -> dict[str, str]:
    found = airflow_env.environment(settings, member(settings, name), ENDPOINTS)
    return {key: found[key] for key in ("A", "B", "BATCH_SIZE", "AIRFLOW_ECS_SERVICE") if key in found}


def test_a_groups_statements_come_on_top_of_those_of_all_workers() -> None:
    """And no other group has them."""
    everywhere = STATEMENT | {"Sid": "All"}
    settings = dataclasses.replace(GROUPS, iam=IamSettings(extra_statements={"worker": [everywhere]}))
    without = _statements(CELERY, "worker")
    small, large = (_statements(settings, name) for name in NAMES)
    of_all = {"Effect": "Allow", **everywhere}
    assert len(small) == len(without) + 1
    assert small[-1] == of_all
    assert large[-2:] == [of_all, {"Effect": "Allow", **STATEMENT}]


def _statements(settings: Settings, name: str) -> list[dict[str, Any]]:
    return task_role_policy.statements(settings, [member(settings, name)], GRANTS)


@pytest.mark.parametrize("name", NAMES)
def test_tasks_are_protected_by_their_own_group_only(name: str) -> None:
    """A DAG in one group cannot hold up the replacement of another's workers."""
    action = "ecs:UpdateTaskProtection"
    (protect,) = [one for one in _statements(GROUPS, name) if action in one["Action"]]
    assert protect["Condition"] == {"StringEquals": {"aws:ResourceTag/airflow-service": name}}


def test_settings_by_service_name_groups_of_the_stack() -> None:
    """Those of another stack, and misspelt ones, are errors."""
    with pytest.raises(SettingsError, match=r"got 'worker-larg'. Did you mean worker-large\?"):
        workload(dataclasses.replace(GROUPS, extra_secrets={"worker-larg": {}}))
    with pytest.raises(SettingsError, match="got 'worker-large'"):
        workload(dataclasses.replace(CELERY, extra_environment={"worker-large": {}}))


def test_spot_takes_its_part_of_a_groups_quota() -> None:
    """One on demand, and three of the other four on Spot; a deployment runs each twice."""
    found, without = peak_vcpus(workload(GROUPS)), peak_vcpus(workload(CELERY))
    assert found[SPOT] == 2 * 3
    assert found[ON_DEMAND] == without[ON_DEMAND] + 2 * (2 + 4 - 1)


def test_ephemeral_storage_that_comes_without_asking_is_not_asked_for() -> None:
    """AWS refuses 20 GiB, which is what a task has."""
    small, large = (member(GROUPS, worker.group_name(name)) for name in ("small", "large"))
    assert (small.ephemeral_storage_gib, large.ephemeral_storage_gib) == (0, 100)
