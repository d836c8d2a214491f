"""The one-off task that a schedule starts to remove old rows from the database."""

from typing import Final

from .. import image_contract as image
from ..secrets import Secret
from ..settings.settings import ServiceSettings, Settings
from .service import DATABASE, Service

NAME: Final = "maintenance"
SIZE: Final = ServiceSettings(cpu_units=256, memory_mib=1024)


def service(settings: Settings) -> Service:
    """Give the task that cleans the database, which is optional."""
    clean = settings.database_maintenance
    return Service(
        name=NAME,
        command=image.CLEAN_COMMAND,
        size=SIZE,
        enabled=clean.after_days > 0,
        one_off=True,
        schedule=clean.schedule,
        secrets=frozenset({Secret.DATABASE_URL}),
        environment={"AIRFLOW_ECS_CLEAN_AFTER_DAYS": str(clean.after_days)},
        calls=(DATABASE,),
    )
