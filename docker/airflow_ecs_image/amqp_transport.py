"""What Celery is to do differently with RabbitMQ.

https://docs.celeryq.dev/en/stable/userguide/configuration.html
"""

import ssl
from collections.abc import Mapping
from typing import Any

from airflow_ecs_image.amqp import CA_FILE


def celery_config(environ: Mapping[str, str], transport_options: Mapping[str, Any]) -> dict[str, Any]:
    """Celery's settings with RabbitMQ, over TLS.

    A message comes again when a connection breaks, also that of a running task, so schedulers give it an end:
    from then on workers discard it.
    """
    seconds = environ.get("AIRFLOW_ECS_MESSAGE_SECONDS")
    return {
        # `server_hostname`: check that the certificate is the broker's, which Celery does not by itself.
        "broker_use_ssl": {"cert_reqs": ssl.CERT_REQUIRED, "ca_certs": CA_FILE, "server_hostname": None},
        # What the broker could not keep is an error of its sender, who sends it again.
        "broker_transport_options": {**transport_options, "confirm_publish": True},
        # See components/model/brokers/rabbitmq.py.
        "task_default_queue_type": "quorum",
        "task_create_missing_queue_type": "quorum",
        # Celery makes 28 queues for tasks with an ETA, of which Airflow has none: of the cheaper kind.
        "broker_native_delayed_delivery_queue_type": "classic",
        # RabbitMQ 4.3 refuses queues that are neither durable nor exclusive.
        "control_queue_exclusive": True,
        "event_queue_exclusive": True,
        "task_annotations": {"execute_workload": {"expires": int(seconds)}} if seconds else {},
    }
