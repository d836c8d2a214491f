"""The execution API, which tasks report to, on a dedicated port.

A load balancer compares paths as they are sent, an ASGI server as they are decoded, so that only security
groups keep users away: https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope
"""

from typing import Final

from ..secrets import Secret
from ..settings.settings import Settings
from . import api_server, timeouts
from .service import DATABASE, Service

NAME: Final = "execution-api"
PORT: Final = 8081


def service(settings: Settings) -> Service:
    """Give the execution API, which always runs in the API server's task.

    It looks up connections and variables for the tasks, so that a task can read secrets by name only.
    """
    return Service(
        name=NAME,
        command=("airflow", "api-server", "--apps", "execution"),
        size=settings.api_server,
        count=settings.api_server.count,
        host=api_server.NAME,
        memory_share=5,
        secrets=frozenset({Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.JWT_PRIVATE_KEYS}),
        environment={"AIRFLOW__API__PORT": str(PORT), **timeouts.of_tokens(settings)},
        start_seconds=timeouts.API_SERVER_START_SECONDS,
        port=PORT,
        private_name=NAME,
        calls=(DATABASE,),
        secrets_prefix=settings.secrets_backend.prefix,
    )


def url(namespace: str) -> str:
    """Build the address at which tasks reach it, inside the network."""
    return f"http://{NAME}.{namespace}:{PORT}/execution/"
