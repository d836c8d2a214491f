"""The environment variables of a service; those that carry secrets are in `model.secrets`.

Names and defaults: https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html
"""

import json
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from .. import image_contract as image
from ..endpoints import Endpoints
from ..secrets import Secret
from ..settings.by_service import ALL, of_service
from ..settings.errors import Errors, Key, SettingError
from ..settings.settings import Settings
from .service import Service

FAB_AUTH_MANAGER: Final = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
SECRETS_BACKEND: Final = "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
ENVIRONMENT_BACKEND: Final = "airflow.secrets.environment_variables.EnvironmentVariablesBackend"
NAME_PATTERN: Final = r"[A-Za-z0-9/_+=.@!-]+\Z"
"""Names that a secret can have. For any other AWS returns an error, which Airflow logs each time.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
"""
SECRETS_CACHE_SECONDS: Final = 300
"""Each call costs, and DAG files that read a variable do so each time that they are parsed."""
METADATA_ADDRESSES: Final = ("169.254.170.2", "169.254.169.254")
"""Addresses of the task metadata and credentials endpoints.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html
"""


def environment(settings: Settings, service: Service, endpoints: Endpoints) -> dict[str, str]:
    """Give the environment of a service's container, secrets aside."""
    found = {
        **_extra(settings, service),
        **_common(settings, service, endpoints),
        **_logging(endpoints),
        **(_tokens(endpoints) if Secret.JWT_PRIVATE_KEYS in service.secrets else {}),
        **(_proxy(settings, endpoints) if settings.proxy.url else {}),
        **secrets_backend(service.secrets_prefix),
        **service.environment,
    }
    for variables in service.endpoint_variables:
        found |= variables(endpoints)
    return found


def secrets_backend(prefix: str) -> dict[str, str]:
    """Let a service look connections and variables up in Secrets Manager first; with no prefix nothing.

    https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/secrets-backends/aws-secrets-manager.html
    """
    if not prefix:
        return {}
    places = {
        "connections_lookup_pattern": NAME_PATTERN,
        "connections_prefix": f"{prefix}/connections",
        "variables_lookup_pattern": NAME_PATTERN,
        "variables_prefix": f"{prefix}/variables",
    }
    return {
        # Processes with DAG code ask their parent, not Secrets Manager first and then their parent.
        "AIRFLOW__WORKERS__SECRETS_BACKEND": ENVIRONMENT_BACKEND,
        # Of the DAG processor. A name without a secret is cached too.
        "AIRFLOW__SECRETS__CACHE_TTL_SECONDS": str(SECRETS_CACHE_SECONDS),
        "AIRFLOW__SECRETS__USE_CACHE": "True",
        "AIRFLOW__SECRETS__BACKEND": SECRETS_BACKEND,
        # null: settings are looked up in the environment alone.
        "AIRFLOW__SECRETS__BACKEND_KWARGS": json.dumps({"config_prefix": None, **places}, sort_keys=True),
    }


def airflow_resources(url: str, sha256: str) -> dict[str, str]:
    """Return the variables by which the migration finds the connections, variables and pools."""
    return {"AIRFLOW_ECS_RESOURCES_SHA256": sha256, "AIRFLOW_ECS_RESOURCES_URL": url}


def given_twice(settings: Settings, services: Iterable[Service]) -> Errors:
    """Yield an error for each secret that has the name of a variable in plaintext: AWS refuses that.

    "The secret name must be unique and not shared with any new or existing environment variables":
    https://github.com/compose-x/ecs_composex/issues/707
    """
    found: dict[tuple[str, str], str] = {}
    for service in services:
        plain = _extra(settings, service)
        for given_for in (ALL, *service.setting_names):
            for name in plain.keys() & settings.extra_secrets.get(given_for, {}).keys():
                found.setdefault((given_for, name), service.name)
    for (given_for, name), service in sorted(found.items()):
        yield SettingError(
            ("extra_secrets", Key(given_for), Key(name)),
            f"must not be a variable in plaintext of the service {service} too. Remove one of both",
        )


def _extra(settings: Settings, service: Service) -> dict[str, str]:
    """Give what a stack adds; `Settings` refuses what stands below."""
    found = dict(settings.airflow_settings)
    for extra in of_service(settings.extra_environment, *service.setting_names):
        found |= extra
    return {**found, **service.extra_environment}


def _proxy(settings: Settings, endpoints: Endpoints) -> dict[str, str]:
    """Return the proxy of outbound requests; exceptions are the task itself, its metadata, its cluster."""
    near = ("localhost", "127.0.0.1", *METADATA_ADDRESSES, f".{_namespace(endpoints)}")
    return {
        "HTTPS_PROXY": settings.proxy.url,
        "HTTP_PROXY": settings.proxy.url,
        "NO_PROXY": ",".join([*near, *settings.proxy.exceptions]),
    }


def _common(settings: Settings, service: Service, endpoints: Endpoints) -> dict[str, str]:
    return {
        "AIRFLOW_ECS_DATA_BUCKET": endpoints.data_bucket,
        "AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": str(settings.max_task_duration_hours),
        "AIRFLOW_ECS_SERVICE": service.image_service,
        "AIRFLOW__API__BASE_URL": endpoints.base_url,
        "AIRFLOW__CORE__AUTH_MANAGER": FAB_AUTH_MANAGER,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": endpoints.execution_api_url,
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": image.PLUGINS_FOLDER,
        "AWS_DEFAULT_REGION": endpoints.region,
    }


def _tokens(endpoints: Endpoints) -> dict[str, str]:
    """Name this cluster as the issuer of its tokens, by a name that no `up` changes.

    https://airflow.apache.org/docs/apache-airflow/stable/security/jwt_token_authentication.html
    """
    return {"AIRFLOW__API_AUTH__JWT_ISSUER": _namespace(endpoints)}


def _namespace(endpoints: Endpoints) -> str:
    """Give the cluster's private DNS namespace."""
    return (urlsplit(endpoints.execution_api_url).hostname or "").partition(".")[2]


def _logging(endpoints: Endpoints) -> dict[str, str]:
    return {
        "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": image.LOGS_FOLDER,
        "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS": "True",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": f"s3://{endpoints.logs_bucket}/{endpoints.logs_prefix}",
        "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
    }
