"""The one-off task that a schedule starts to remove old rows from the database."""

from typing import Final

from .. import image_contract as image
from ..secrets import Secret
from ..settings.settings import RoleSettings, Settings
from .service import DATABASE, Service

NAME: Final = "maintenance"
SIZE: Final = RoleSettings(cpu_units=256, memory_mib=1024)


def service(settings: Settings) -> Service | None:
    """Give the task that cleans the database, if that is asked for."""
    clean = settings.database_clean
    if not clean.after_days:
        return None
    return Service(
        name=NAME,
        command=image.CLEAN_COMMAND,
        size=SIZE,
        one_off=True,
        schedule=clean.schedule,
        secrets=frozenset({Secret.DATABASE_URL}),
        environment={"AIRFLOW_ECS_CLEAN_AFTER_DAYS": str(clean.after_days)},
        calls=(DATABASE,),
    )
