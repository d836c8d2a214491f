"""The scheduler, which Airflow's executor is part of."""

from typing import Final

from ..secrets import Secret
from ..settings.settings import Settings
from . import api_server, execution_api, timeouts
from .service import DATABASE, Service

NAME: Final = "scheduler"


def service(settings: Settings) -> Service:
    """Give the scheduler without what its executor adds."""
    return Service(
        name=NAME,
        command=("airflow", "scheduler", "--skip-serve-logs"),
        size=settings.scheduler,
        count=0 if settings.scheduler_stopped else settings.scheduler.count,
        host=api_server.host(settings),
        memory_share=14,
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.JWT_PRIVATE_KEYS}),
        environment={
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": (
                f"{settings.scheduler_idle_sleep_milliseconds / 1000:g}"
            ),
            **timeouts.of_schedulers(),
            **timeouts.of_tasks(settings),
        },
        calls=(execution_api.NAME, DATABASE),
        runs_executor=True,
    )
