"""How many tasks a container carries, and how long the broker waits."""

import dataclasses

import pytest

from components.model.brokers import redis
from components.model.brokers.broker import visibility_timeout_seconds
from components.model.services import sizing, worker
from components.model.settings.service_rules import MIN_SINGLE_TASK_MIB
from components.model.settings.settings import ServiceSettings, Settings, WorkerSettings
from components.model.workload.workload import workload
from tests.components.model.samples import CELERY, LOCAL, member


def _local(size: ServiceSettings) -> Settings:
    return dataclasses.replace(LOCAL, scheduler=size)


def _celery(size: WorkerSettings) -> Settings:
    return dataclasses.replace(CELERY, worker=size)


def _parallelism(settings: Settings) -> int:
    return int(member(settings, "scheduler").environment["AIRFLOW__CORE__PARALLELISM"])


def _concurrency(settings: Settings) -> int:
    return int(member(settings, "worker").environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"])


@pytest.mark.parametrize(
    ("size", "tasks"),
    [
        (ServiceSettings(cpu_units=256, memory_mib=512), 1),
        (ServiceSettings(cpu_units=512, memory_mib=1024), 1),
        (ServiceSettings(cpu_units=1024, memory_mib=2048), 4),
        (ServiceSettings(cpu_units=1024, memory_mib=8192), 16),
        (ServiceSettings(cpu_units=4096, memory_mib=8192), 21),
    ],
)
def test_the_local_executor_runs_what_its_memory_carries(size: ServiceSettings, tasks: int) -> None:
    """Airflow's own 32 would kill a small scheduler; more than 16 a vCPU only wait."""
    assert _parallelism(_local(size)) == tasks


@pytest.mark.parametrize(("memory_mib", "tasks"), [(4096, 3), (5120, 4), (8192, 8)])
def test_in_a_single_task_the_other_services_need_their_memory_too(memory_mib: int, tasks: int) -> None:
    """The task is the API server's, and its CPU is there for all."""
    size = ServiceSettings(cpu_units=1024, memory_mib=memory_mib)
    settings = dataclasses.replace(LOCAL, single_task=True, api_server=size)
    assert _parallelism(settings) == tasks


def test_a_task_s_memory_is_split_among_its_services() -> None:
    """All of it, the most to the scheduler, and to each nearly twice what it was measured to use."""
    assert sizing.limits_mib(2048, [member(CELERY, "worker")]) == [2048]
    size = ServiceSettings(memory_mib=MIN_SINGLE_TASK_MIB)
    (together,) = workload(dataclasses.replace(LOCAL, single_task=True, api_server=size)).tasks
    limits = {service.name: service.memory_mib for service in together}
    assert sum(limits.values()) == MIN_SINGLE_TASK_MIB
    # docs/image.md
    used = {
        "api-server": 322,
        "execution-api": 233,
        "scheduler": 283,
        "dag-processor": 247,
        "triggerer": 213,
    }
    assert {name for name in used if limits[name] < 1.8 * used[name]} == set()
    assert max(limits, key=lambda name: limits[name]) == "scheduler"


@pytest.mark.parametrize(
    ("size", "tasks"),
    [
        (WorkerSettings(cpu_units=256, memory_mib=512), 1),
        (WorkerSettings(cpu_units=1024, memory_mib=2048), 4),
        (WorkerSettings(cpu_units=2048, memory_mib=16384), 32),
    ],
)
def test_a_worker_runs_what_it_carries(size: WorkerSettings, tasks: int) -> None:
    """By memory or by CPU, whichever is scarcer, and at least one."""
    assert _concurrency(_celery(size)) == tasks


def test_ten_tasks_with_data_frames_fit_a_default_worker() -> None:
    """As many of them as it runs at once: 300 MiB of data each, and the 55 MiB of a light task."""
    size = WorkerSettings()
    assert _concurrency(_celery(size)) * (300 + 55) + worker.IDLE_MIB <= size.memory_mib


def test_two_worker_services_are_sized_by_their_own_tasks() -> None:
    """Neither by the other's size, nor by that of the settings' own workers."""
    (broker,) = (one for one in [redis.broker(CELERY)] if one)
    sizes = {
        "worker": WorkerSettings(cpu_units=1024, memory_mib=2048),
        "heavy": WorkerSettings(cpu_units=2048, memory_mib=16384),
    }
    services = [
        worker.service(CELERY, broker, name=name, size=size, queues=[name, "shared"])
        for name, size in sizes.items()
    ]
    slots = [one.environment["AIRFLOW__CELERY__WORKER_CONCURRENCY"] for one in services]
    assert slots == ["4", "32"]
    queues = [one.command[one.command.index("--queues") + 1] for one in services]
    assert queues == ["worker,shared", "heavy,shared"]
    assert [one.queues for one in services] == [("worker", "shared"), ("heavy", "shared")]


def test_numbers_that_somebody_set_stand() -> None:
    """A measured number is better than a computed one."""
    settings = dataclasses.replace(CELERY, worker=WorkerSettings(concurrency=3), parallelism=7)
    assert (_concurrency(settings), _parallelism(settings)) == (3, 7)
    assert _parallelism(dataclasses.replace(LOCAL, parallelism=40)) == 40


@pytest.mark.parametrize(("count", "parallelism"), [(1, 32), (8, 32), (9, 36)])
def test_all_workers_can_be_busy(count: int, parallelism: int) -> None:
    """Airflow's 32 would leave a ninth worker of four tasks idle."""
    assert _parallelism(_celery(WorkerSettings(count=count))) == parallelism


@pytest.mark.parametrize("hours", [1, 12, 47])
def test_the_broker_waits_longer_than_any_task_runs(hours: int) -> None:
    """Celery runs a task twice that outlasts the visibility timeout."""
    settings = dataclasses.replace(CELERY, max_task_duration_hours=hours)
    assert visibility_timeout_seconds(settings) == (hours + 1) * 3600
