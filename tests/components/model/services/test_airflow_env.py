"""The environment of each service, in full."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_ecs_image import sso
from components.model.secrets import VARIABLES
from components.model.services import airflow_env
from components.model.settings.settings import LoadBalancerSettings, SecretsBackendSettings, Settings
from tests.components.model.samples import CELERY, CLEANED, ENDPOINTS, FLOWER, LOCAL, SSO, member, members

COMMON = {
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
    "AIRFLOW_ECS_DATA_BUCKET": "the-data",
    "AIRFLOW_ECS_MAX_TASK_DURATION_HOURS": "12",
    "AIRFLOW__API__BASE_URL": "https://airflow.example",
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    "AIRFLOW__CORE__DAGS_FOLDER": "/opt/airflow/dags",
    "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://execution-api.airflow.internal:8081/execution/",
    "AIRFLOW__CORE__EXECUTOR": "LocalExecutor:airflow_ecs_image.local_executor.LocalExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__CORE__PLUGINS_FOLDER": "/opt/airflow/plugins",
    "AIRFLOW__LOGGING__BASE_LOG_FOLDER": "/opt/airflow/logs",
    "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS": "True",
    "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER": "s3://the-logs/airflow/tasks",
    "AIRFLOW__LOGGING__REMOTE_LOGGING": "True",
    "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID": "aws_default",
    "AWS_DEFAULT_REGION": "eu-west-1",
}
OF_CELERY = {
    "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": "46800",
    "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor:airflow_ecs_image.celery_executor.CeleryExecutor",
    "AIRFLOW__OPERATORS__DEFAULT_QUEUE": "default",
}
OF_TASKS = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "290",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "19",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "10",
    "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN": "10",
    "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "5",
    "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS": "1",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "5",
}
OF_BROKER = {
    "AIRFLOW__CELERY__OPERATION_TIMEOUT": "1",
    "AIRFLOW__CELERY__TASK_PUBLISH_MAX_RETRIES": "3600",
    "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES": "2304",
}
ISSUER = {"AIRFLOW__API_AUTH__JWT_ISSUER": "airflow.internal"}
OF_ROLE = {
    "api-server": {
        **ISSUER,
        "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES": "720",
        "FORWARDED_ALLOW_IPS": "10.20.128.0/19,10.20.160.0/19,127.0.0.0/8",
    },
    "execution-api": {
        **ISSUER,
        "AIRFLOW__API__PORT": "8081",
        "AIRFLOW__API_AUTH__JWT_LEEWAY": "120",
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME": "1450",
    },
    "scheduler": {
        **ISSUER,
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "60",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "30",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "1",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "600",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "30",
        **OF_TASKS,
    },
    "worker": {"AIRFLOW__CELERY__WORKER_CONCURRENCY": "4", **OF_TASKS},
    "flower": {"AIRFLOW__CELERY__FLOWER_PORT": "5555", "AIRFLOW__CELERY__FLOWER_URL_PREFIX": "/flower"},
    "maintenance": {"AIRFLOW_ECS_CLEAN_AFTER_DAYS": "90"},
    "migration": {
        "AIRFLOW_ECS_ADMIN_EMAIL": "admin@example.com",
        "AIRFLOW_ECS_ADMIN_USERNAME": "admin",
    },
}

SECRETS_BACKEND = {
    "AIRFLOW__SECRETS__BACKEND": (
        "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend"
    ),
    "AIRFLOW__SECRETS__BACKEND_KWARGS": (
        '{"config_prefix": null, "connections_lookup_pattern": "[A-Za-z0-9/_+=.@!-]+\\\\Z", '
        '"connections_prefix": "airflow/prod/connections", '
        '"variables_lookup_pattern": "[A-Za-z0-9/_+=.@!-]+\\\\Z", '
        '"variables_prefix": "airflow/prod/variables"}'
    ),
    "AIRFLOW__SECRETS__CACHE_TTL_SECONDS": "300",
    "AIRFLOW__SECRETS__USE_CACHE": "True",
    "AIRFLOW__WORKERS__SECRETS_BACKEND": "airflow.secrets.environment_variables.EnvironmentVariablesBackend",
}


@pytest.mark.parametrize(
    ("settings", "of_executor"), [(LOCAL, {}), (FLOWER, OF_CELERY), (CLEANED, OF_CELERY)]
)
def test_the_environment_of_every_service_in_full(settings: Settings, of_executor: dict[str, str]) -> None:
    """What Airflow is told, service by service; a change here is a change of every task definition."""
    parallelism = {"AIRFLOW__CORE__PARALLELISM": "32" if of_executor else "4"}
    of_scheduler = parallelism | (OF_BROKER if of_executor else {})
    for service in members(settings):
        expected = (
            COMMON | of_executor | {"AIRFLOW_ECS_SERVICE": service.name} | OF_ROLE.get(service.name, {})
        )
        if service.name == "scheduler":
            expected |= of_scheduler
        assert airflow_env.environment(settings, service, ENDPOINTS) == expected, service.name


def test_the_api_server_gets_the_provider_in_the_images_words() -> None:
    """What the image reads is what was set; nobody else is told, and the secret is not there."""
    of_service = {
        service.name: airflow_env.environment(SSO, service, ENDPOINTS) | {sso.SECRET_VARIABLE: "hidden"}
        for service in members(SSO)
    }
    assert sso.settings(of_service["api-server"]) == sso.Settings(
        issuer_url="https://id.example/tenant",
        client_id="airflow",
        client_secret="hidden",
        scopes=["openid", "profile", "email"],
        username_claim="sub",
        groups_claims=["groups"],
        group_roles={"airflow-admins": "Admin"},
        default_role="",
        password_tokens=True,
    )
    assert [name for name, environment in of_service.items() if "AIRFLOW_ECS_SSO" in environment] == [
        "api-server"
    ]


@pytest.mark.parametrize("settings", [LOCAL, SSO])
def test_users_sign_in_again_after_the_same_time_with_a_password_or_without(settings: Settings) -> None:
    """Airflow's own default has no such time, and an open tab keeps a session alive."""
    longer = dataclasses.replace(settings, sso=dataclasses.replace(settings.sso, session_hours=24))
    for found, minutes in ((settings, "720"), (longer, "1440")):
        server = airflow_env.environment(found, member(found, "api-server"), ENDPOINTS)
        assert server["AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES"] == minutes


def test_connections_are_looked_up_in_secrets_manager_by_those_who_may() -> None:
    """Airflow's own settings are not, which would cost a call each."""
    settings = dataclasses.replace(FLOWER, secrets_backend=SecretsBackendSettings(prefix="airflow/prod"))
    for service, plain in zip(members(settings), members(FLOWER), strict=True):
        found = set(airflow_env.environment(settings, service, ENDPOINTS).items())
        before = set(airflow_env.environment(FLOWER, plain, ENDPOINTS).items())
        looks_up = service.name in ("execution-api", "dag-processor", "triggerer")
        assert dict(found - before) == (SECRETS_BACKEND if looks_up else {}), service.name


@pytest.mark.parametrize("settings", [LOCAL, CELERY, FLOWER, SSO])
def test_nothing_secret_stands_in_the_clear_environment(settings: Settings) -> None:
    """No variable that carries a secret, and none whose name looks like one."""
    secret = {variable for names in VARIABLES.values() for variable in names}
    looks_secret = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY$|_CONN$|RESULT_BACKEND|BROKER_URL")
    for service in members(settings):
        names = set(airflow_env.environment(settings, service, ENDPOINTS))
        assert not names & secret
        assert not [name for name in names if looks_secret.search(name)]


@pytest.mark.parametrize(
    ("milliseconds", "seconds"), [(50, "0.05"), (100, "0.1"), (1000, "1"), (10000, "10")]
)
def test_the_schedulers_sleep_is_given_in_seconds(milliseconds: int, seconds: str) -> None:
    """Airflow reads a decimal number, not an exponent."""
    settings = dataclasses.replace(LOCAL, scheduler_idle_sleep_milliseconds=milliseconds)
    scheduler = member(settings, "scheduler")
    found = airflow_env.environment(settings, scheduler, ENDPOINTS)
    assert found["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] == seconds


@given(st.integers(min_value=1, max_value=4000))
def test_the_api_server_keeps_a_connection_longer_than_the_load_balancer(idle: int) -> None:
    """Else it closes one on which a request is under way, and users see a 502."""
    settings = Settings(load_balancer=LoadBalancerSettings(idle_timeout_seconds=idle))
    server = member(settings, "api-server")
    kept = int(server.command[server.command.index("--worker-timeout") + 1])
    assert kept > idle
    assert kept >= 120


def test_airflow_gets_strings_only() -> None:
    """ECS refuses a number or a truth value in an environment."""
    for service in members(FLOWER):
        values = airflow_env.environment(FLOWER, service, ENDPOINTS).values()
        assert all(isinstance(value, str) and value for value in values)
