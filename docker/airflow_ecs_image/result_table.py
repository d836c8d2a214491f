# pyright: basic, reportMissingImports=false
# Celery and boto3 are in the image's environment, not in the program's, and carry no types.
"""Celery's results in a DynamoDB table, for brokers that keep none: RabbitMQ and SQS.

Celery's own DynamoDB backend asks for each task alone, in the scheduler's loop, and creates tables:
https://github.com/celery/celery/blob/main/celery/backends/dynamodb.py
Here schedulers only read, in batches, and workers only write.
"""

import logging
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from celery import states
from celery.backends.base import KeyValueStoreBackend
from kombu.utils.encoding import bytes_to_str

from airflow_ecs_image.plain_results import PlainResults

log = logging.getLogger(__name__)

KEY, VALUE, STATUS, EXPIRES = "task_id", "result", "status", "expires"
"""The attributes of an item; the program makes the table with the first as its key, the last for TTL."""
MAX_BYTES = 800
"""With the other attributes, an item is within the kilobyte that one unit of writing costs."""
MAX_KEYS = 100
"""https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html"""
READ_SECONDS, READ_SHARE = 1.0, 0.02
"""Between two reads of a task's result, at least, and as a share of the time that it has been waited for.
Each read costs, and a busy scheduler's loop comes round many times a second; that a slot is free may be seen
a fiftieth of a task's time late."""
FORGOTTEN_SECONDS = 60.0
"""What is known of a task that nobody asks for any more is kept for so long."""
LOOP_SECONDS = 5.0
"""What the scheduler's loop waits for all reads, but for the one that is under way."""
PATIENCE = Config(connect_timeout=2, read_timeout=2, retries={"total_max_attempts": 2})
NOT_RECOVERABLE = {
    "AccessDeniedException",
    "ResourceNotFoundException",
    "UnrecognizedClientException",
    "ValidationException",
}
REFUSED = "ConditionalCheckFailedException"


@dataclass
class Known:
    """What is known of a task: since when it is waited for, when it is read again, when it was asked for."""

    since: float
    due: float
    asked: float = 0.0
    value: str = ""


class ResultTable(PlainResults, KeyValueStoreBackend):
    """The table that `dynamodb://@REGION/TABLE` names, with the credentials of the task role."""

    supports_autoexpire = True
    key_t = bytes_to_str
    task_keyprefix = ""

    def __init__(
        self, app: Any, *, url: str, clock: Callable[[], float] = time.monotonic, **known: Any
    ) -> None:
        super().__init__(app, url=url, **known)
        parts = urlsplit(url)
        self._region, self._table = parts.hostname, parts.path.lstrip("/")
        self._clock = clock
        self._made: tuple[int, Any] = (0, None)
        self._known: dict[str, Known] = {}

    @property
    def client(self) -> Any:
        """A client for this process: a worker's processes must not share a connection."""
        process, made = self._made
        if process != os.getpid():
            made = boto3.Session().client("dynamodb", region_name=self._region, config=PATIENCE)
            self._made = os.getpid(), made
        return made

    def get(self, key: str) -> str | None:
        """Read one result."""
        return self.mget([key])[0]

    def mget(self, keys: Sequence[str]) -> list[str | None]:
        """Read results, the older a task the less often; what the table does not answer is none for now."""
        now = self._clock()
        self._known = {key: one for key, one in self._known.items() if now - one.asked < FORGOTTEN_SECONDS}
        for key in keys:
            self._known.setdefault(key, Known(since=now, due=now)).asked = now
        due = [key for key in keys if self._known[key].due <= now]
        found = self._read(due)
        for key in due:
            one = self._known[key]
            one.value = found.get(key, one.value)
            one.due = now + max(READ_SECONDS, (now - one.since) * READ_SHARE)
        return [self._known[key].value or None for key in keys]

    def _store_result(self, task_id: str, result: Any, state: str, *_: Any, **__: Any) -> Any:
        """Write a task's state, unless it has succeeded: Celery would read that first, the table checks it.

        Without the traceback, which stands in the worker's log, and without a long result: Airflow reads
        neither, and each kilobyte costs. A message that was taken back, or came too late, is no result of
        its task, which may run by way of another one.
        """
        if state == states.REVOKED:
            return result
        key = self.get_key_for_task(task_id)
        text = self.encode({"task_id": key, "status": state, "result": result})
        if len(text.encode()) > MAX_BYTES:
            text = self.encode({"task_id": key, "status": state, "result": None})
        ends = int(time.time()) + int(self.expires)
        try:
            self.client.put_item(
                TableName=self._table,
                Item={KEY: {"S": key}, VALUE: {"S": text}, STATUS: {"S": state}, EXPIRES: {"N": str(ends)}},
                ConditionExpression=f"attribute_not_exists({KEY}) OR #status <> :success",
                ExpressionAttributeNames={"#status": STATUS},
                ExpressionAttributeValues={":success": {"S": states.SUCCESS}},
            )
        except ClientError as error:
            if _code(error) != REFUSED:
                raise
        return result

    def exception_safe_to_retry(self, exc: Exception) -> bool:
        """Whether a write is repeated: always, but where AWS will never take it."""
        if isinstance(exc, ClientError):
            return _code(exc) not in NOT_RECOVERABLE
        return isinstance(exc, BotoCoreError)

    def _read(self, keys: Iterable[str]) -> dict[str, str]:
        """Read in batches, until the table does not answer or the loop has waited long enough."""
        waiting, found, started = list(keys), dict[str, str](), self._clock()
        while waiting and self._clock() - started < LOOP_SECONDS:
            batch, waiting = waiting[:MAX_KEYS], waiting[MAX_KEYS:]
            try:
                items, unread = self._batch(batch)
            except (BotoCoreError, ClientError) as error:
                log.warning("no results of tasks for now: the table does not answer: %s", error)
                return found
            found |= items
            if len(unread) == len(batch):  # it is throttled: the next loop comes in a second
                break
            waiting += unread
        if waiting:
            log.warning("no results of %d tasks for now: the table has too much to do", len(waiting))
        return found

    def _batch(self, keys: Sequence[str]) -> tuple[dict[str, str], list[str]]:
        """Read up to a hundred: the results that there are, and the keys that DynamoDB left unread."""
        wanted = {"Keys": [{KEY: {"S": key}} for key in keys]}
        answer = self.client.batch_get_item(RequestItems={self._table: wanted})
        items = answer["Responses"].get(self._table, [])
        unread = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
        found = {one[KEY]["S"]: one.get(VALUE, {}).get("S", "no text") for one in items}
        return found, [one[KEY]["S"] for one in unread]


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
