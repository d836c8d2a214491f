"""The variables that the program or the image sets, which a stack's settings therefore must not."""

import re
from typing import Final

OWNED: Final = frozenset(
    {
        "AIRFLOW_CONFIG",
        "AIRFLOW_CONN_AWS_DEFAULT",
        "AIRFLOW_HOME",
        "AIRFLOW__API_AUTH__JWT_ALGORITHM",
        "AIRFLOW__API_AUTH__JWT_ISSUER",
        "AIRFLOW__API_AUTH__JWT_KID",
        "AIRFLOW__API_AUTH__JWT_LEEWAY",
        "AIRFLOW__API_AUTH__JWT_PRIVATE_KEY_PATH",
        "AIRFLOW__API_AUTH__TRUSTED_JWKS_URL",
        "AIRFLOW__API__BASE_URL",
        "AIRFLOW__API__HOST",
        "AIRFLOW__API__PORT",
        "AIRFLOW__API__SECRET_KEY",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__CLIENT_NAME",
        "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT",
        "AIRFLOW__CELERY__BROKER_URL",
        "AIRFLOW__CELERY__CELERY_CONFIG_OPTIONS",
        "AIRFLOW__CELERY__FLOWER_BASIC_AUTH",
        "AIRFLOW__CELERY__FLOWER_HOST",
        "AIRFLOW__CELERY__FLOWER_PORT",
        "AIRFLOW__CELERY__FLOWER_URL_PREFIX",
        "AIRFLOW__CELERY__OPERATION_TIMEOUT",
        "AIRFLOW__CELERY__RESULT_BACKEND",
        "AIRFLOW__CELERY__TASK_PUBLISH_MAX_RETRIES",
        "AIRFLOW__CELERY__WORKER_CONCURRENCY",
        "AIRFLOW__CORE__AUTH_MANAGER",
        "AIRFLOW__CORE__DAGS_FOLDER",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
        "AIRFLOW__CORE__EXECUTOR",
        "AIRFLOW__CORE__FERNET_KEY",
        "AIRFLOW__CORE__HOSTNAME_CALLABLE",
        "AIRFLOW__CORE__LOAD_EXAMPLES",
        "AIRFLOW__CORE__PARALLELISM",
        "AIRFLOW__CORE__PLUGINS_FOLDER",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_STORAGE_PATH",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
        "AIRFLOW__EXECUTION_API__JWT_EXPIRATION_TIME",
        "AIRFLOW__FAB__CONFIG_FILE",
        "AIRFLOW__FAB__SESSION_MAX_LIFETIME_MINUTES",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG",
        "AIRFLOW__LOGGING__DELETE_LOCAL_LOGS",
        "AIRFLOW__LOGGING__LOGGING_CONFIG_CLASS",
        "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER",
        "AIRFLOW__LOGGING__REMOTE_LOGGING",
        "AIRFLOW__LOGGING__REMOTE_LOG_CONN_ID",
        "AIRFLOW__OPERATORS__DEFAULT_QUEUE",
        "AIRFLOW__SCHEDULER__NUM_STUCK_IN_QUEUED_RETRIES",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT",
        "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL",
        "AIRFLOW__SECRETS__BACKEND",
        "AIRFLOW__SECRETS__BACKEND_KWARGS",
        "AIRFLOW__SECRETS__CACHE_TTL_SECONDS",
        "AIRFLOW__SECRETS__USE_CACHE",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRIES",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MAX",
        "AIRFLOW__WORKERS__EXECUTION_API_RETRY_WAIT_MIN",
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT",
        "AIRFLOW__WORKERS__MAX_FAILED_HEARTBEATS",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL",
        "AIRFLOW__WORKERS__SECRETS_BACKEND",
        "AWS_DEFAULT_REGION",
        "FORWARDED_ALLOW_IPS",
        "HOME",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "PATH",
        "PYTHONPATH",
    }
)
"""Names of environment variables; all that start with `OWN_PREFIX` are the program's too."""
OF_DAG_BUNDLE: Final = frozenset(
    {
        "AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL",
        "AIRFLOW__DAG_PROCESSOR__BUNDLE_REFRESH_CHECK_INTERVAL",
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST",
    }
)
"""Those that the program sets where DAGs are versions in a bucket."""
DEPRECATED: Final = frozenset(
    {
        "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
        "AIRFLOW__WEBSERVER__BASE_URL",
        "AIRFLOW__WEBSERVER__SECRET_KEY",
        "AIRFLOW__WEBSERVER__WEB_SERVER_HOST",
        "AIRFLOW__WEBSERVER__WEB_SERVER_PORT",
        "AIRFLOW__WORKERS__EXECUTION_API_SERVER_URL",
    }
)
"""Former names of some of them, which Airflow still reads: in the environment they win over its file."""
_TEAM: Final = re.compile(r"^AIRFLOW__\w+___")
"""Begins the name of a setting that is for one team."""
_SOURCE: Final = re.compile(r"_(CMD|SECRET)$")
"""Ends the name of a command that prints a setting's value, or of its place in a secrets backend.

https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html
"""
OWN_PREFIX: Final = "AIRFLOW_ECS_"


def owned(name: str) -> bool:
    """Return whether the program or the image sets a variable, or what Airflow would read from it."""
    names = {name, _SOURCE.sub("", _TEAM.sub("AIRFLOW__", name))}
    return not names.isdisjoint(OWNED | DEPRECATED) or name.startswith(OWN_PREFIX)
