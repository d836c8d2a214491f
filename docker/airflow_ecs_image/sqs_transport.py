# pyright: basic, reportMissingImports=false
# kombu is in the image's environment, not in the program's, and carries no types.
"""kombu's transport for SQS, and what Celery is to do differently there."""

import time
from collections.abc import Mapping
from typing import Any

from kombu.transport import SQS

ALIAS = "airflow_ecs_image.sqs_transport:Transport"
PATIENT_TRIES = 100
"""A scheduler's: [celery] operation_timeout ends them, and what ran into that Airflow sends again. What SQS
refuses for the moment would fail for good otherwise."""
WORKER_TRIES = 2
"""A worker's: its event loop waits for them. What it could not delete comes back, and is discarded then."""


class Channel(SQS.Channel):
    """Knows when SQS last answered it, for the health check.

    A request for messages that fails may be the last of its queue: https://github.com/celery/kombu/issues/1258
    """

    answered_at: float | None = None

    def _on_messages_ready(self, queue: str, qname: str, messages: Any) -> int:
        self.answered_at = time.monotonic()
        return super()._on_messages_ready(queue, qname, messages)


class Transport(SQS.Transport):
    """The transport with such channels."""

    Channel = Channel


def celery_config(environ: Mapping[str, str], transport_options: Mapping[str, Any]) -> dict[str, Any]:
    """Celery's settings with SQS.

    SQS cannot take back the message of a task that was queued again, so schedulers give it an end: from then
    on workers discard it, before it takes a slot.
    """
    seconds = environ.get("AIRFLOW_ECS_MESSAGE_SECONDS")
    tries = PATIENT_TRIES if seconds else WORKER_TRIES
    client = {
        "connect_timeout": 5,
        "read_timeout": 5,
        "retries": {"mode": "standard", "total_max_attempts": tries},
    }
    annotations = {"execute_workload": {"expires": int(seconds)}} if seconds else {}
    return {
        "broker_transport_options": {**transport_options, "client-config": client},
        "task_annotations": annotations,
    }
