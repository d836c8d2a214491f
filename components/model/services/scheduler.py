"""The scheduler, which Airflow's executor is part of."""

from typing import Final

from ..secrets import Secret
from ..settings.settings import Settings
from . import api_server, execution_api
from .service import DATABASE, Service

NAME: Final = "scheduler"
TASK_HEARTBEAT_TIMEOUT_SECONDS: Final = 60
"""A task whose worker died is seen as lost after this; Airflow's default is 300."""
TASK_QUEUED_TIMEOUT_SECONDS: Final = 600
"""Also how long the token of a queued task is good: it must outlast the start of a new worker."""


def service(settings: Settings) -> Service:
    """Give the scheduler without what its executor adds."""
    return Service(
        name=NAME,
        command=("airflow", "scheduler", "--skip-serve-logs"),
        size=settings.scheduler,
        count=0 if settings.asleep else settings.scheduler.count,
        host=api_server.host(settings),
        memory_share=14,
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.JWT_SECRET}),
        environment={
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": (
                f"{settings.scheduler_idle_sleep_milliseconds / 1000:g}"
            ),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(TASK_HEARTBEAT_TIMEOUT_SECONDS),
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(TASK_QUEUED_TIMEOUT_SECONDS),
        },
        calls=(execution_api.NAME, DATABASE),
        runs_executor=True,
    )
