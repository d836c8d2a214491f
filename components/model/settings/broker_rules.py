"""What must hold between the broker and the cluster; names and paths begin in the cluster's settings."""

from typing import Any, Final

from .broker_settings import BrokerKind
from .errors import Errors, SettingError, at, name_of

SQS_MAX_HOURS: Final = 12
"""How long SQS lets one worker have a message.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
"""
MAX_QUEUES: Final = 50
"""The scheduler's role names each, and AWS takes 10,240 characters of a role's policies.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""


def broker(settings: Any) -> Errors:
    """Settings suit the broker."""
    if settings.broker.kind is BrokerKind.SQS:
        yield from _sqs(settings)


def _sqs(settings: Any) -> Errors:
    kind = f"{name_of('broker.kind')} {BrokerKind.SQS}"
    hours = settings.max_task_duration_hours
    if hours > SQS_MAX_HOURS:
        yield at(
            "max_task_duration_hours",
            f"must be at most {SQS_MAX_HOURS} with {kind}; got {hours}: SQS gives another worker the message "
            "after that. Lower it, or choose another broker",
        )
    if settings.flower.count:
        yield at(
            "flower.count",
            f"must be 0 with {kind}; got {settings.flower.count}: Flower needs events and remote control of "
            "workers, which SQS does not carry. Remove it, or choose another broker",
        )
    queues = {queue for group in settings.worker_groups for queue in group.queues}
    if len(queues) > MAX_QUEUES:
        message = f"must serve at most {MAX_QUEUES} queues with {kind}; got {len(queues)}. Merge some"
        yield at("worker_groups", message)
    for index, group in enumerate(settings.worker_groups):
        for place, queue in enumerate(group.queues):
            if "." in queue:
                yield SettingError(
                    ("worker_groups", index, "queues", place),
                    f"must have no dot with {kind}, whose queues have none; got {queue}. Rename the queue",
                )
