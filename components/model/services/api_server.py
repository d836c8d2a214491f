"""The server behind the load balancer: user interface and public API."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Final

from ..endpoints import Endpoints
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..secrets import Secret
from ..settings.settings import Settings, SsoSettings
from .service import DATABASE, Service, Target
from .timeouts import API_SERVER_START_SECONDS

NAME: Final = "api-server"
PORT: Final = 8080
TARGET: Final = Target(name="api", health_path="/api/v2/version")
LOOPBACK: Final = "127.0.0.0/8"
"""In a task nobody but itself; where the load balancer of a laptop's cluster connects from."""


def service(settings: Settings) -> Service:
    """Give the API server."""
    sso = settings.sso
    return Service(
        name=NAME,
        # Not the execution API: no rule of a load balancer could keep it from users, see `execution_api`.
        # The flag, for Airflow 3.3 reads [api] worker_timeout nowhere; it is uvicorn's keep-alive too.
        command=(
            *("airflow", "api-server", "--apps", "core", "--proxy-headers"),
            *("--worker-timeout", str(_keep_alive_seconds(settings))),
        ),
        size=settings.api_server,
        count=settings.api_server.count,
        memory_share=5,
        secrets=frozenset(
            {Secret.DATABASE_URL, Secret.FERNET_KEY, Secret.API_SECRET_KEY, Secret.JWT_PRIVATE_KEYS}
            | ({Secret.SSO_CLIENT_SECRET} if sso.issuer_url else set[Secret]())
        ),
        environment={
            # Else a session ends only when no tab has been open for 30 days.
            "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES": str(sso.session_hours * 60),
            **(_single_sign_on(sso) if sso.issuer_url else {}),
        },
        endpoint_variables=(_endpoint_variables,),
        statements=(_read_logs,),
        start_seconds=API_SERVER_START_SECONDS,
        port=PORT,
        target=TARGET,
        calls=(DATABASE,),
    )


def host(settings: Settings) -> str:
    """Name the service that hosts those that can be co-located; empty where each has dedicated tasks."""
    return NAME if settings.single_task else ""


def _keep_alive_seconds(settings: Settings) -> int:
    """Give how long it keeps an idle connection: the load balancer must be the first to close it.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
    """
    return max(120, settings.load_balancer.idle_timeout_seconds + 5)


def _endpoint_variables(endpoints: Endpoints) -> Mapping[str, str]:
    # The load balancer's headers decide on cookies and redirects, and which address Airflow logs. Not all of
    # the VPC is trusted: a client in it would choose its own address.
    # https://uvicorn.dev/settings/#http
    return {"FORWARDED_ALLOW_IPS": ",".join([*endpoints.load_balancer_cidrs, LOOPBACK])}


def _read_logs(grants: Grants) -> list[Document]:
    return iam_documents.task_logs(grants.logs_bucket_arn, grants.logs_prefix, write=False)


def _single_sign_on(sso: SsoSettings) -> dict[str, str]:
    """Describe the provider as the image's sso.py reads it."""
    ours = ("client_secret_arn", "session_hours")
    provider = {
        field.name: getattr(sso, field.name) for field in dataclasses.fields(sso) if field.name not in ours
    }
    return {"AIRFLOW_ECS_SSO": json.dumps(provider, sort_keys=True)}
