"""The triggerer, which runs the triggers of deferred tasks."""

from typing import Final

from ..secrets import Secret
from ..settings.settings import Settings
from . import api_server
from .service import DATABASE, Service

NAME: Final = "triggerer"


def service(settings: Settings) -> Service:
    """Give the triggerer, which looks up connections and variables for the triggers."""
    return Service(
        name=NAME,
        command=("airflow", "triggerer", "--skip-serve-logs"),
        size=settings.triggerer,
        count=settings.triggerer.count,
        host=api_server.host(settings),
        memory_share=4,
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY}),
        calls=(DATABASE,),
        runs_tasks=True,
        runs_triggers=True,
        secrets_prefix=settings.secrets_backend.prefix,
    )
