"""The one-off task that brings the database to the image's schema and makes the first user."""

from typing import Final

from .. import image_contract as image
from ..secrets import Secret
from ..settings.settings import ServiceSettings, Settings
from .service import DATABASE, Service

NAME: Final = "migration"
SIZE: Final = ServiceSettings(cpu_units=1024, memory_mib=2048)


def service(settings: Settings) -> Service:
    """Give the migration."""
    # What a connection keeps secret is encrypted where it is written.
    objects = {Secret.FERNET_KEY} if settings.airflow_resources.file else set[Secret]()
    return Service(
        name=NAME,
        command=image.MIGRATE_COMMAND,
        size=SIZE,
        one_off=True,
        secrets=frozenset({Secret.DATABASE_URL, Secret.ADMIN_PASSWORD} | objects),
        environment={
            "AIRFLOW_ECS_ADMIN_EMAIL": settings.admin_email,
            "AIRFLOW_ECS_ADMIN_USERNAME": settings.admin_username,
        },
        calls=(DATABASE,),
    )
