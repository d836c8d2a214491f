"""The DAG processor, which parses DAG files."""

from typing import Final

from ..secrets import Secret
from ..settings.settings import Settings
from . import api_server
from .service import DATABASE, Service

NAME: Final = "dag-processor"


def service(settings: Settings) -> Service:
    """Give the DAG processor, which looks up connections and variables for the files while it parses them."""
    return Service(
        name=NAME,
        command=("airflow", "dag-processor"),
        size=settings.dag_processor,
        count=settings.dag_processor.count,
        host=api_server.host(settings),
        memory_share=4,
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY}),
        calls=(DATABASE,),
        parses_dags=True,
        secrets_prefix=settings.secrets_backend.prefix,
    )
