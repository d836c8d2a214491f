# pyright: basic
# moto has no types for its backends.
"""SQS: ranges of attributes, who may send dead letters, names of deleted queues, handles out of date.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

import json
import time
from typing import Any, Final

from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid, SQSException
from moto.sqs.models import Queue, SQSBackend

RANGES: Final = {
    "DelaySeconds": (0, 900),
    "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    "MessageRetentionPeriod": (60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43_200),
}
MAX_RECEIVES: Final = (1, 1000)
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html"""
MAX_SOURCES: Final = 10
DELETED_SECONDS: Final = 60
_PERMISSIONS = ("allowAll", "byQueue", "denyAll")
_ALLOW = "RedriveAllowPolicy"
_create, _delete, _receipt, _visibility = (
    SQSBackend.create_queue,
    SQSBackend.delete_queue,
    Queue.delete_message,
    SQSBackend.change_message_visibility,
)
_set = Queue._set_attributes  # noqa: SLF001 - of moto


def create_queue(self: SQSBackend, name: str, tags: dict[str, str] | None = None, **given: Any) -> Queue:
    """Refuse the name of a queue that was deleted just now."""
    deleted = _deleted(self).get(name)
    if name not in self.queues and deleted is not None and time.time() - deleted < DELETED_SECONDS:
        raise SQSException(
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "You must wait 60 seconds after deleting a queue before you can create another with the same "
            "name.",
        )
    return _create(self, name, tags, **given)


def delete_queue(self: SQSBackend, queue_name: str) -> None:
    """Note when."""
    _delete(self, queue_name)
    _deleted(self)[queue_name] = time.time()


def set_attributes(self: Queue, attributes: dict[str, Any], now: float | None = None) -> None:
    """Check what is set, and leave what is not: moto removes a policy with every other change."""
    kept = getattr(self, "_policy_json", None)
    for name, (least, most) in RANGES.items():
        if name in attributes and not least <= _whole(name, attributes[name]) <= most:
            raise _invalid(name)
    allow, redrive = attributes.get(_ALLOW), attributes.get("RedrivePolicy")
    if allow:
        _check_allow(allow)
    if redrive and not Queue._is_empty_redrive_policy(redrive):  # noqa: SLF001 - of moto
        _check_redrive(self, redrive)
    if attributes.get("Policy"):
        _check_policy(attributes["Policy"])
    _set(self, attributes, now)
    if "Policy" not in attributes and kept is not None:
        self._policy_json = kept
    if attributes.get("KmsMasterKeyId"):
        self.sqs_managed_sse_enabled = False
    if allow == "":
        self.redrive_allow_policy = None


def delete_message(self: Queue, receipt_handle: str) -> None:
    """Keep a message that was received again since: only its last handle is sure to delete it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteMessage.html
    """
    for message in self._messages:
        if message.had_receipt_handle(receipt_handle) and message.receipt_handle != receipt_handle:
            return
    _receipt(self, receipt_handle)


def change_message_visibility(
    self: SQSBackend, queue_name: str, receipt_handle: str, visibility_timeout: int
) -> None:
    """Refuse it for a message that nobody has.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
    """
    held = self.get_queue(queue_name)._messages  # noqa: SLF001 - of moto
    messages = [one for one in held if one.had_receipt_handle(receipt_handle)]
    if not messages:
        raise ReceiptHandleIsInvalid
    if messages[0].visible or messages[0].receipt_handle != receipt_handle:
        raise SQSException(
            "AWS.SimpleQueueService.MessageNotInflight",
            f"Value {receipt_handle} for parameter ReceiptHandle is invalid. Reason: Message does not exist "
            "or is not available for visibility timeout change.",
        )
    _visibility(self, queue_name, receipt_handle, visibility_timeout)


def _deleted(backend: SQSBackend) -> dict[str, float]:
    """Names and times; in the backend, so that they go where its queues go."""
    return backend.__dict__.setdefault("deleted_queues", {})


def _whole(name: str, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise _invalid(name) from None


def _invalid(name: str) -> SQSException:
    return SQSException("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _check_policy(text: str) -> None:
    try:
        statements = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError):
        statements = None
    if not statements:
        raise _invalid("Policy")


def _check_allow(text: str) -> None:
    allow = _document(_ALLOW, text)
    permission, sources = allow.get("redrivePermission"), allow.get("sourceQueueArns", [])
    by_queue = permission == "byQueue"
    if permission not in _PERMISSIONS or by_queue != bool(sources) or len(sources) > MAX_SOURCES:
        raise _invalid(_ALLOW)


def _check_redrive(queue: Queue, given: Any) -> None:
    redrive = given if isinstance(given, dict) else _document("RedrivePolicy", given)
    count = redrive.get("maxReceiveCount", 1)
    least, most = MAX_RECEIVES
    if not least <= _whole("RedrivePolicy", count) <= most:
        raise InvalidParameterValue(
            f"Value {json.dumps(redrive)} for parameter RedrivePolicy is invalid. Reason: Invalid value for "
            f"maxReceiveCount: {count}, valid values are from {least} to {most} both inclusive."
        )
    target = str(redrive.get("deadLetterTargetArn", "")).rpartition(":")[2]
    dead = _queues(queue).get(target)
    allow = json.loads((dead and dead.redrive_allow_policy) or "{}")
    permission = allow.get("redrivePermission", "allowAll")
    if permission == "denyAll" or (
        permission == "byQueue" and queue.queue_arn not in allow["sourceQueueArns"]
    ):
        raise InvalidParameterValue(
            f"Value {json.dumps(redrive)} for parameter RedrivePolicy is invalid. Reason: Queue does not "
            "have permission for redrive to the dead-letter queue."
        )


def _queues(queue: Queue) -> dict[str, Queue]:
    from moto.sqs.models import sqs_backends  # noqa: PLC0415 - of this account

    return sqs_backends[queue.account_id][queue.region].queues


def _document(name: str, text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        raise _invalid(name) from None
    if not isinstance(found, dict):
        raise _invalid(name)
    return found


def install() -> None:
    """Replace what moto takes."""
    backend: Any = SQSBackend
    for function in (create_queue, delete_queue, change_message_visibility):
        setattr(backend, function.__name__, function)
    queue: Any = Queue
    queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, _ALLOW]
    queue.redrive_allow_policy = None
    queue._set_attributes = set_attributes  # noqa: SLF001 - of moto
    queue.delete_message = delete_message
