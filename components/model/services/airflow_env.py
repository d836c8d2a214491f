"""Airflow's settings as environment variables; secrets are not here but in `model.roles`.

Names and defaults: https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html
"""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from .. import image_contract as image
from ..settings.role_names import EXECUTION_API, MAINTENANCE, MIGRATION, of_role
from ..settings.settings import Settings, SsoSettings
from . import sizing as scaling
from .roles import API_SERVER, EXECUTION_API_PORT, FLOWER_PORT, FLOWER_PREFIX, QUEUE, Role

FAB_AUTH_MANAGER = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
SECRETS_BACKEND = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
LOOPBACK = "127.0.0.0/8"
"""In a task nobody but itself; where the load balancer of a machine of one's own speaks from."""
METADATA_ADDRESSES = ("169.254.170.2", "169.254.169.254")
"""Where a task asks about itself and for its credentials.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
"""
TASK_HEARTBEAT_TIMEOUT_SECONDS = 60
"""A task whose worker died is seen as lost after this; Airflow's default is 300."""
TASK_QUEUED_TIMEOUT_SECONDS = 600
"""Also how long the token of a queued task is good: it must outlast the start of a new worker."""


@dataclass(frozen=True, kw_only=True)
class Endpoints:
    """What a role must know of the resources around it.

    Attributes:
        base_url: where users reach the user interface, without a slash at the end.
        execution_api_url: where tasks reach the execution API, inside the network.
        region: the AWS region.
        logs_bucket: name of the bucket for the tasks' logs.
        data_bucket: name of the bucket for the pipelines' data.
        vpc_cidrs: the VPC's networks, from which the load balancer speaks.
    """

    base_url: str
    execution_api_url: str
    region: str
    logs_bucket: str
    data_bucket: str
    vpc_cidrs: Sequence[str]


def environment(settings: Settings, role: Role, endpoints: Endpoints) -> dict[str, str]:
    """Give the environment of a role's container, secrets aside."""
    variables = _extra(settings, role) | _common(settings, role, endpoints) | _logging(endpoints)
    if settings.proxy.url:
        variables |= _proxy(settings, endpoints)
    if settings.has_workers:
        variables |= _celery(settings)
    return variables | secrets_backend(role.secrets_prefix) | _of_role(settings, role, endpoints)


def secrets_backend(prefix: str) -> dict[str, str]:
    """Let a role look connections and variables up in Secrets Manager first; with no prefix nothing.

    https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/secrets-backends/aws-secrets-manager.html
    """
    if not prefix:
        return {}
    places = {"connections_prefix": f"{prefix}/connections", "variables_prefix": f"{prefix}/variables"}
    return {
        "AIRFLOW__SECRETS__BACKEND": SECRETS_BACKEND,
        # null: settings are looked up in the environment alone.
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"config_prefix": None, **places}, sort_keys=True),
    }


def objects(url: str, sha256: str) -> dict[str, str]:
    """Tell the migration which connections, variables and pools to apply."""
    return {"AIRFLOW_ECS_OBJECTS_SHA256": sha256, "AIRFLOW_ECS_OBJECTS_URL": url}


def _extra(settings: Settings, role: Role) -> dict[str, str]:
    """Give what a stack adds; `Settings` refuses what stands below."""
    found = dict(settings.airflow_settings)
    for extra in of_role(settings.extra_environment, role.name):
        found |= extra
    return found


def _proxy(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    """Give the way out, and what lies on this side of it: the task itself, its metadata, its cluster."""
    namespace = (urlsplit(endpoints.execution_api_url).hostname or "").partition(".")[2]
    near = ("localhost", "127.0.0.1", *METADATA_ADDRESSES, f".{namespace}")
    return {
        "HTTPS_PROXY": settings.proxy.url,
        "HTTP_PROXY": settings.proxy.url,
        "NO_PROXY": ",".join([*near, *settings.proxy.exceptions]),
    }


def _common(settings: Settings, role: Role, endpoints: Endpoints) -> dict[str, str]:
    return {
        "AIRFLOW_ECS_DATA_BUCKET": endpoints.data_bucket,
        "AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": str(settings.max_task_duration_hours),
        "AIRFLOW_ECS_ROLE": role.name,
        "AIRFLOW__API__BASE_URL": endpoints.base_url,
        "AIRFLOW__CORE__AUTH_MANAGER": FAB_AUTH_MANAGER,
        "AIRFLOW__CORE__DAGS_FOLDER": image.DAGS_FOLDER,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": endpoints.execution_api_url,
        "AIRFLOW__CORE__EXECUTOR": settings.executor.value,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": image.PLUGINS_FOLDER,
        "AWS_DEFAULT_REGION": endpoints.region,
    }


def _logging(endpoints: Endpoints) -> dict[str, str]:
    return {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": image.LOGS_FOLDER,
        "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{endpoints.logs_bucket}/tasks",
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
    }


def _celery(settings: Settings) -> dict[str, str]:
    return {
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(
            scaling.visibility_timeout_seconds(settings)
        ),
        "AIRFLOW__OPERATORS__DEFAULT_QUEUE": QUEUE,
    }


def _of_role(settings: Settings, role: Role, endpoints: Endpoints) -> dict[str, str]:
    """Give what one role alone reads, so that a change of it restarts no other."""
    of_role = {
        API_SERVER: _api_server(settings, endpoints),
        EXECUTION_API: {"AIRFLOW__API__PORT": str(EXECUTION_API_PORT)},
        "scheduler": {
            "AIRFLOW__CORE__PARALLELISM": str(scaling.parallelism(settings)),
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": (
                f"{settings.scheduler_idle_sleep_milliseconds / 1000:g}"
            ),
            "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": str(TASK_HEARTBEAT_TIMEOUT_SECONDS),
            "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": str(TASK_QUEUED_TIMEOUT_SECONDS),
        },
        "worker": {"AIRFLOW__CELERY__WORKER_CONCURRENCY": str(scaling.worker_concurrency(settings))},
        "flower": {
            "AIRFLOW__CELERY__FLOWER_PORT": str(FLOWER_PORT),
            "AIRFLOW__CELERY__FLOWER_URL_PREFIX": FLOWER_PREFIX,
        },
        MAINTENANCE: {"AIRFLOW_ECS_CLEAN_AFTER_DAYS": str(settings.database_clean.after_days)},
        MIGRATION: {
            "AIRFLOW_ECS_ADMIN_EMAIL": settings.admin_email,
            "AIRFLOW_ECS_ADMIN_USERNAME": settings.admin_username,
        },
    }
    return of_role.get(role.name, {})


def _api_server(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    # The load balancer speaks from the VPC, and what it says of TLS decides on cookies and redirects.
    # https://uvicorn.dev/settings/#http
    served = {
        "FORWARDED_ALLOW_IPS": ",".join([*endpoints.vpc_cidrs, LOOPBACK]),
    }
    sso = settings.sso
    if not sso.issuer_url:
        return served
    return {
        **served,
        "AIRFLOW_ECS_SSO": json.dumps(_provider(sso), sort_keys=True),
        "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES": str(sso.session_hours * 60),
    }


def _provider(sso: SsoSettings) -> dict[str, object]:
    """Describe the provider as the image's sso.py reads it."""
    ours = ("client_secret_arn", "session_hours")
    return {
        field.name: getattr(sso, field.name) for field in dataclasses.fields(sso) if field.name not in ours
    }
