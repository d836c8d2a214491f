# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Celery's configuration ([celery] celery_config_options), in all that use it: scheduler, worker, Flower.

https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import os

from airflow.providers.celery.executors.default_celery import DEFAULT_CELERY_CONFIG
from kombu.transport import TRANSPORT_ALIASES

BACKEND = "airflow_ecs_image.result_backend:ResultBackend"
TABLE = "airflow_ecs_image.result_table:ResultTable"

CELERY_CONFIG = {
    **DEFAULT_CELERY_CONFIG,
    # Workers only: task protection, the health check's tick, remote control.
    "imports": [*DEFAULT_CELERY_CONFIG.get("imports", []), "airflow_ecs_image.worker"],
    # A table keeps the results, or the broker: a worker has no way to PostgreSQL, Airflow's own default.
    "result_backend": os.environ.get("AIRFLOW__CELERY__RESULT_BACKEND", DEFAULT_CELERY_CONFIG["broker_url"]),
    "override_backends": {"redis": BACKEND, "rediss": BACKEND, "dynamodb": TABLE},
    "result_expires": 3600,
    # A pickle runs code where it is read.
    "accept_content": ["json"],
    "result_accept_content": ["json"],
    "result_serializer": "json",
    "task_serializer": "json",
    # A worker keeps the result of a task that ends while the broker is away, and writes it afterwards.
    "result_backend_always_retry": True,
    # Without end: [celery] operation_timeout ends it, and Airflow repeats just what ran into that. What
    # Celery gives up by itself, by default after 0.6 s, fails for good.
    "task_publish_retry_policy": {
        "max_retries": None,
        "interval_start": 0.1,
        "interval_step": 0.1,
        "interval_max": 0.5,
    },
    # The scheduler's loop reads results; a broker that is silent must not hold it up for long.
    "redis_socket_connect_timeout": 5,
    "redis_socket_timeout": 5,
    "redis_socket_keepalive": True,
}

if DEFAULT_CELERY_CONFIG["broker_url"].startswith("sqs://"):
    from airflow_ecs_image import sqs_transport

    TRANSPORT_ALIASES["sqs"] = sqs_transport.ALIAS
    CELERY_CONFIG |= sqs_transport.celery_config(
        os.environ, DEFAULT_CELERY_CONFIG["broker_transport_options"]
    )
