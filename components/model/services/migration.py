"""The one-off task that makes Airflow's database role, the image's schema and the first user."""

from typing import Final

from .. import image_contract as image
from ..secrets import Secret
from ..settings.settings import ServiceSettings, Settings
from .database_logins import OWNER, login
from .service import DATABASE, Service

NAME: Final = "migration"
SIZE: Final = ServiceSettings(cpu_units=1024, memory_mib=2048)


def service(settings: Settings) -> Service:
    """Give the migration."""
    # What a connection keeps secret is encrypted where it is written.
    objects = {Secret.FERNET_KEY} if settings.airflow_resources.file else set[Secret]()
    # It makes the role that all others connect as; of an existing database only the given user is known.
    master = set[Secret]() if settings.database.exists else {Secret.DATABASE_MASTER}
    logins = " ".join(map(login, settings.database.password_names))
    return Service(
        name=NAME,
        command=image.MIGRATE_COMMAND,
        size=SIZE,
        one_off=True,
        secrets=frozenset({Secret.DATABASE_URL, Secret.ADMIN_PASSWORD} | objects | master),
        environment={
            "AIRFLOW_ECS_ADMIN_EMAIL": settings.admin.email,
            "AIRFLOW_ECS_ADMIN_USERNAME": settings.admin.username,
            **({} if logins == OWNER else {"AIRFLOW_ECS_DATABASE_LOGINS": logins}),
        },
        calls=(DATABASE,),
    )
