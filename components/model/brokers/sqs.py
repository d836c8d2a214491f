"""Amazon SQS as the broker: a queue for each of Celery's, authorized by IAM, without secret and network.

Celery's queues are given to it ready made (`predefined_queues`), so services create, list and describe none:
https://docs.celeryq.dev/en/stable/getting-started/backends-and-brokers/sqs.html#predefined-queues
It carries neither events nor remote control of workers, so a task that was queued again cannot be taken back.
Its message gets an end instead, after which workers discard it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..endpoints import Endpoints
from ..iam import iam_documents
from ..iam.grants import Grants
from ..iam.iam_documents import Document
from ..settings.broker_settings import BrokerKind
from ..settings.settings import Settings
from ..settings.worker_group import DEFAULT_QUEUE
from .access import Access
from .broker import Broker, visibility_timeout_seconds
from .result_table import RESULT_TABLE

MAX_VISIBILITY_SECONDS: Final = 43_200
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html"""
WAIT_SECONDS: Final = 15
"""How long a worker waits for a message at a time. Kombu gives up a request after 20 s, and with it a message
that is on its way: `AsyncHTTPSConnection` in kombu/asynchronous/aws/connection.py."""
POLL_SECONDS: Final = 0.2
"""Between two requests for messages, and between two looks of a worker whether it has a free slot again."""
SEND_SECONDS: Final = 5
"""A first message takes credentials and a TLS connection, and SQS may take some tries."""
MAX_RECEIVES: Final = 1000
"""How often a message is received before it goes to the dead-letter queue: as often as SQS counts.

A worker's warm shutdown gives back what it has received and not started, and may not send a task away from
the workers: each worker that ends within the life of a message can do so once, and a cluster may have
thousands. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""
RETENTION_SECONDS: Final = 4 * 24 * 3600
"""Much longer than any message is of use, and than a task may run: SQS counts from the sending on."""
DEAD_LETTER_RETENTION_SECONDS: Final = 14 * 24 * 3600
"""It counts from the first sending too."""


@dataclass(frozen=True, kw_only=True)
class Sqs(Broker):
    """Queues that the cluster creates.

    Attributes:
        queues: Celery's names of them.
        visibility_timeout_seconds: how long a worker has a message to itself.
    """

    queues: tuple[str, ...]
    visibility_timeout_seconds: int


@dataclass(frozen=True)
class QueueUrls:
    """Gives the variable that names some queues to kombu."""

    queues: tuple[str, ...]

    def __call__(self, endpoints: Endpoints) -> Mapping[str, str]:
        """Give it once the queues exist."""
        known = {queue: {"url": endpoints.queue_urls.get(queue, "")} for queue in self.queues}
        name = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__PREDEFINED_QUEUES"
        return {name: json.dumps(known, sort_keys=True)}


@dataclass(frozen=True)
class Use:
    """Gives the IAM statements for some queues."""

    actions: tuple[str, ...]
    key_actions: tuple[str, ...]
    queues: tuple[str, ...]

    def __call__(self, grants: Grants) -> list[Document]:
        """Give them once the queues exist.

        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
        """
        arns = [grants.queue_arns.get(queue, "") for queue in self.queues]
        found = [iam_documents.statement(self.actions, arns)]
        if grants.kms_key_arn:
            found.append(iam_documents.with_key(self.key_actions, grants.kms_key_arn, grants.region, ["sqs"]))
        return found


def broker(settings: Settings) -> Broker | None:
    """Give the broker, where the settings choose it."""
    if settings.broker.kind is not BrokerKind.SQS:
        return None
    queues, timeout = _queues(settings), _visibility_timeout_seconds(settings)
    return Sqs(
        queues=queues,
        visibility_timeout_seconds=timeout,
        environment={
            "AIRFLOW__CELERY__BROKER_URL": "sqs://",
            "AIRFLOW__CELERY__WORKER_ENABLE_REMOTE_CONTROL": "False",
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": str(timeout),
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__POLLING_INTERVAL": str(POLL_SECONDS),
            "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__WAIT_TIME_SECONDS": str(WAIT_SECONDS),
        },
        sends=Access(
            endpoint_variables=(QueueUrls(queues),),
            statements=(Use(("sqs:SendMessage",), ("kms:Decrypt", "kms:GenerateDataKey"), queues),),
        ),
        receives=receives,
        result_table=RESULT_TABLE,
        send_seconds=SEND_SECONDS,
        takes_back=False,
    )


def receives(queues: Sequence[str]) -> Access:
    """Give workers what they need of their own queues.

    `GetQueueAttributes`, for kombu looks whether there is a dead-letter queue before it discards a message.
    """
    actions = (
        *("sqs:ChangeMessageVisibility", "sqs:DeleteMessage"),
        *("sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
    )
    return Access(
        endpoint_variables=(QueueUrls(tuple(queues)),),
        statements=(Use(actions, ("kms:Decrypt",), tuple(queues)),),
    )


def _queues(settings: Settings) -> tuple[str, ...]:
    """List the default queue and those of every worker group."""
    served = {queue for group in settings.worker_groups for queue in group.queues}
    return tuple(sorted({DEFAULT_QUEUE, *served}))


def _visibility_timeout_seconds(settings: Settings) -> int:
    """Give an hour more than the longest task takes, or what SQS gives.

    With tasks of twelve hours there is no hour to spare: a message that comes back while its task still ends
    is discarded, since its own end is past.
    """
    return min(visibility_timeout_seconds(settings), MAX_VISIBILITY_SECONDS)
