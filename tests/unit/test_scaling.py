"""How many tasks a container carries, and how long the broker waits."""

import dataclasses

import pytest

from components.model.services import sizing as scaling
from components.model.settings.settings import SMALLEST_SINGLE_TASK_MIB, RoleSettings, Settings
from unit.samples import CELERY, LOCAL


def _local(size: RoleSettings) -> Settings:
    return dataclasses.replace(LOCAL, scheduler=size)


def _celery(size: RoleSettings) -> Settings:
    return dataclasses.replace(CELERY, worker=size)


@pytest.mark.parametrize(
    ("size", "tasks"),
    [
        (RoleSettings(cpu_units=256, memory_mib=512), 1),
        (RoleSettings(cpu_units=512, memory_mib=1024), 3),
        (RoleSettings(cpu_units=1024, memory_mib=2048), 10),
        (RoleSettings(cpu_units=1024, memory_mib=8192), 16),
        (RoleSettings(cpu_units=4096, memory_mib=8192), 51),
    ],
)
def test_the_local_executor_runs_what_its_memory_carries(size: RoleSettings, tasks: int) -> None:
    """Airflow's own 32 would kill a small scheduler; more than 16 a vCPU only wait."""
    assert scaling.parallelism(_local(size)) == tasks


@pytest.mark.parametrize(("memory_mib", "tasks"), [(4096, 8), (5120, 11), (8192, 16)])
def test_in_a_single_task_the_other_roles_need_their_memory_too(memory_mib: int, tasks: int) -> None:
    """The task is the API server's, and its CPU is there for all."""
    size = RoleSettings(cpu_units=1024, memory_mib=memory_mib)
    settings = dataclasses.replace(LOCAL, single_task=True, api_server=size)
    assert scaling.parallelism(settings) == tasks


def test_a_task_s_memory_is_split_among_its_roles() -> None:
    """All of it, the most to the scheduler, and to each nearly twice what it was measured to use."""
    assert scaling.limits_mib(2048, ["worker"]) == {"worker": 2048}
    limits = scaling.limits_mib(SMALLEST_SINGLE_TASK_MIB, [*scaling.MEMORY_SHARES])
    assert sum(limits.values()) == SMALLEST_SINGLE_TASK_MIB
    # docs/image.md
    used = {
        "api-server": 322,
        "execution-api": 233,
        "scheduler": 283,
        "dag-processor": 247,
        "triggerer": 213,
    }
    assert {role for role in used if limits[role] < 1.8 * used[role]} == set()
    assert max(limits, key=lambda role: limits[role]) == "scheduler"


@pytest.mark.parametrize(
    ("size", "tasks"),
    [
        (RoleSettings(cpu_units=256, memory_mib=512), 1),
        (RoleSettings(cpu_units=1024, memory_mib=2048), 10),
        (RoleSettings(cpu_units=2048, memory_mib=16384), 32),
    ],
)
def test_a_worker_runs_what_it_carries(size: RoleSettings, tasks: int) -> None:
    """By memory or by CPU, whichever is scarcer, and at least one."""
    assert scaling.worker_concurrency(_celery(size)) == tasks


def test_numbers_that_somebody_set_stand() -> None:
    """A measured number is better than a computed one."""
    settings = dataclasses.replace(CELERY, worker_concurrency=3, parallelism=7)
    assert (scaling.worker_concurrency(settings), scaling.parallelism(settings)) == (3, 7)
    assert scaling.parallelism(dataclasses.replace(LOCAL, parallelism=40)) == 40


@pytest.mark.parametrize(("count", "parallelism"), [(1, 32), (3, 32), (4, 40)])
def test_all_workers_can_be_busy(count: int, parallelism: int) -> None:
    """Airflow's 32 would leave a fourth worker of ten tasks idle."""
    assert scaling.parallelism(_celery(RoleSettings(count=count))) == parallelism


@pytest.mark.parametrize("hours", [1, 12, 47])
def test_the_broker_waits_longer_than_any_task_runs(hours: int) -> None:
    """Celery runs a task twice that outlasts the visibility timeout."""
    settings = dataclasses.replace(CELERY, max_task_duration_hours=hours)
    assert scaling.visibility_timeout_seconds(settings) == (hours + 1) * 3600
