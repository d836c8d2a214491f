"""How many tasks a container carries, and how long the broker waits."""

import dataclasses

import pytest

from components.model import scaling
from components.model.settings import RoleSettings, Settings
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
