"""The times that a cluster's services get fit together, whatever its settings are.

That Airflow keeps to them is shown with real services, in tests/image/test_outages.py.
"""

import math

from hypothesis import given
from hypothesis import strategies as st

from airflow_ecs_image import health
from components.model.services import containers, timeouts
from components.model.settings.settings import Executor, ServiceSettings, Settings, WorkerSettings
from tests.components.model.samples import member

FARGATE_START_SECONDS = 180
"""A new worker: its task placed, its image pulled, Airflow started."""
FAILOVER_SECONDS = 600
COUNTS = st.integers(min_value=1, max_value=100)
SERVICES = st.builds(ServiceSettings, count=COUNTS)
SHARED = {
    "api_server": SERVICES,
    "scheduler": SERVICES,
    "parallelism": st.integers(min_value=0, max_value=1024),
    "max_task_duration_hours": st.integers(min_value=1, max_value=47),
}
CELERY = st.builds(
    Settings,
    executor=st.just(Executor.CELERY),
    worker=st.builds(WorkerSettings, count=COUNTS, concurrency=st.integers(min_value=0, max_value=256)),
    **SHARED,
)
ECS = st.builds(Settings, executor=st.just("AwsEcsExecutor,LocalExecutor"), **SHARED)
SETTINGS = CELERY | ECS | st.builds(Settings, executor=st.just(Executor.LOCAL), **SHARED)


def _given(settings: Settings, name: str) -> dict[str, float]:
    return {
        key.removeprefix("AIRFLOW__"): float(value)
        for key, value in member(settings, name).environment.items()
        if value.replace(".", "").isdigit()
    }


def _runs_tasks(settings: Settings) -> str:
    default = settings.executor.partition(",")[0]
    return {"CeleryExecutor": "worker", "AwsEcsExecutor": "ecs-task"}.get(default, "scheduler")


def test_an_update_watches_longer_than_a_health_check_takes_to_pass() -> None:
    """ECS calls a task healthy after its first check: what ends before the second is seen, with a margin."""
    assert Settings().rollout_settling_seconds >= containers.HEALTH_INTERVAL_SECONDS + 30


@given(SETTINGS)
def test_a_task_outlasts_an_outage_of_the_execution_api(settings: Settings) -> None:
    """At the pace at which requests are refused at once; the scheduler still waits for its heartbeat then."""
    of = _given(settings, _runs_tasks(settings))
    tries = of["WORKERS__EXECUTION_API_RETRIES"]
    outlasts = (tries - 1) * of["WORKERS__EXECUTION_API_RETRY_WAIT_MIN"]
    server = member(settings, "execution-api")
    assert outlasts >= (server.start_seconds if server.count == 1 else 60)
    beats_again = of["WORKERS__EXECUTION_API_RETRY_WAIT_MAX"] + of["WORKERS__EXECUTION_API_TIMEOUT"]
    silent = of["WORKERS__MIN_HEARTBEAT_INTERVAL"] + outlasts + beats_again
    assert silent < _given(settings, "scheduler")["SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]


@given(SETTINGS)
def test_a_worker_gives_a_task_up_before_the_scheduler_does(settings: Settings) -> None:
    """At the pace at which requests get no answer: it would run twice at a time otherwise."""
    of = _given(settings, _runs_tasks(settings))
    tries = of["WORKERS__EXECUTION_API_RETRIES"]
    call = (
        tries * of["WORKERS__EXECUTION_API_TIMEOUT"]
        + (tries - 1) * of["WORKERS__EXECUTION_API_RETRY_WAIT_MAX"]
    )
    gives_up = of["WORKERS__MIN_HEARTBEAT_INTERVAL"] + of["WORKERS__MAX_FAILED_HEARTBEATS"] * call
    assert gives_up < _given(settings, "scheduler")["SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]


@given(SETTINGS)
def test_a_running_tasks_token_outlasts_an_outage(settings: Settings) -> None:
    """Of all tasks, those whose token would have been renewed next."""
    life = _given(settings, "execution-api")["EXECUTION_API__JWT_EXPIRATION_TIME"]
    silent = _given(settings, "scheduler")["SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT"]
    assert life * timeouts.TOKEN_RENEWAL >= silent


@given(SETTINGS)
def test_a_queued_tasks_token_outlasts_its_message(settings: Settings) -> None:
    """Also where another scheduler has to take it over first."""
    of = _given(settings, "scheduler")
    late = (
        of["SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL"]
        + of["SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL"]
        + of["SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD"]
    )
    assert _given(settings, "execution-api")["API_AUTH__JWT_LEEWAY"] >= late
    assert of["SCHEDULER__TASK_QUEUED_TIMEOUT"] >= FARGATE_START_SECONDS + health.HEARTBEAT_LIMIT_SECONDS


@given(CELERY)
def test_a_full_queue_fails_nothing(settings: Settings) -> None:
    """The last task waits for all before it, each as long as a task may be."""
    of = _given(settings, "scheduler")
    slots = settings.worker.count * _given(settings, "worker")["CELERY__WORKER_CONCURRENCY"]
    queued = settings.scheduler.count * of["CORE__PARALLELISM"]
    waits = (math.ceil(queued / slots) - 1) * settings.max_task_duration_hours * 3600
    assert (
        of["SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"] * of["SCHEDULER__TASK_QUEUED_TIMEOUT"]
        >= waits + FAILOVER_SECONDS
    )


@given(CELERY)
def test_a_message_outlasts_an_outage_of_the_broker(settings: Settings) -> None:
    """The image sends for half the time after which a scheduler is dead; its health check waits longer."""
    of = _given(settings, "scheduler")
    send = of["CELERY__OPERATION_TIMEOUT"]
    assert of["CELERY__TASK_PUBLISH_MAX_RETRIES"] * send >= FAILOVER_SECONDS
    assert send < of["SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD"] / 2
    assert of["SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD"] < health.HEARTBEAT_LIMIT_SECONDS


@given(ECS)
def test_tries_of_a_start_fill_the_life_of_a_token(settings: Settings) -> None:
    """Fewer would fail a task that only waits for capacity, before the scheduler queues it again."""
    of = _given(settings, "scheduler")
    tries = int(of["AWS_ECS_EXECUTOR__MAX_RUN_TASK_ATTEMPTS"])
    waited = sum(min(4**attempt, 120) for attempt in range(1, tries))
    late = of["SCHEDULER__TASK_QUEUED_TIMEOUT"] + of["SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL"]
    assert waited >= late
    assert of["SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES"] * of["SCHEDULER__TASK_QUEUED_TIMEOUT"] >= 3600
