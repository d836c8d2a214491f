"""RabbitMQ as the broker, in Amazon MQ: AMQP over TLS, with quorum queues.

Quorum queues, not classic ones: a cluster replicates no others from RabbitMQ 4 on, and they are Amazon MQ's
default there. They know no prefetch count for a whole channel (global QoS), which 4.3 refuses anyway, so a
worker takes up to as many messages from each of its queues as it has slots. And Celery raises no prefetch
count for tasks with an ETA, which Airflow does not send.
https://www.rabbitmq.com/docs/quorum-queues#global-qos

RabbitMQ gives the messages of a broken connection to other workers at once, those of running tasks too. None
of these tasks runs twice: the execution API refuses it for as long as the message's token is valid, and
afterwards the message has ended.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..secrets import Secret
from ..settings.broker_settings import BrokerKind
from ..settings.rabbitmq_settings import RabbitmqSettings
from ..settings.settings import Settings
from ..url_encoding import encoded
from .broker import Broker, visibility_timeout_seconds
from .result_table import RESULT_TABLE

PORT: Final = 5671
USER: Final = "airflow"
FINGERPRINT_TAG: Final = "airflow-password"
"""Tag of a broker that tells which password it was made with."""
SEND_SECONDS: Final = 5
"""A first message takes a TLS connection, and each waits for the broker's confirmation."""


@dataclass(frozen=True, kw_only=True)
class Rabbitmq(Broker):
    """A broker that the cluster creates.

    Attributes:
        consumer_timeout_milliseconds: how long a worker may take to finish a task; after that RabbitMQ closes
            its connection, and gives the message to another worker.
    """

    consumer_timeout_milliseconds: int


def broker(settings: Settings) -> Broker | None:
    """Give the broker, where the settings choose it."""
    if settings.broker.kind is not BrokerKind.RABBITMQ:
        return None
    return Rabbitmq(
        port=PORT,
        consumer_timeout_milliseconds=visibility_timeout_seconds(settings) * 1000,
        secrets=frozenset({Secret.BROKER_URL}),
        result_table=RESULT_TABLE,
        send_seconds=SEND_SECONDS,
        # It could; but a message must have an end here too, see above.
        takes_back=False,
    )


def fingerprint(password: str) -> str:
    """Shorten a password of 64 random characters to what tells it from others, and nothing of itself."""
    return hashlib.sha256(password.encode()).hexdigest()[:12]


def url(*, password: str, host: str) -> str:
    """Build the broker's URL: AMQP over TLS, of the virtual host `/`; the image checks the certificate."""
    return f"amqps://{USER}:{encoded(password)}@{host}:{PORT}//"


def configuration(consumer_timeout_milliseconds: int) -> str:
    """Write RabbitMQ's configuration, of which Amazon MQ takes some keys.

    https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/configurable-values.html
    """
    return f"consumer_timeout = {consumer_timeout_milliseconds}\n"


def deployment_mode(settings: RabbitmqSettings) -> str:
    """Name the kind of deployment as AWS does."""
    return "CLUSTER_MULTI_AZ" if settings.cluster else "SINGLE_INSTANCE"


def host(instances: Sequence[Mapping[str, Sequence[str]]]) -> str:
    """Read the host name out of what AWS tells of a broker, such as `amqps://b-1234.mq.eu-west-1...:5671`."""
    (endpoint,) = instances[0]["endpoints"]
    return endpoint.removeprefix("amqps://").removesuffix(f":{PORT}")
