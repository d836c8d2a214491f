"""What tasks cost at a broker that is paid by use: messages in SQS, results in DynamoDB."""

from typing import Final

from ..brokers import sqs
from .prices import HOURS_PER_MONTH, Prices

MILLION: Final = 1_000_000
REQUESTS_PER_TASK: Final = 3
"""SendMessage, ReceiveMessage, DeleteMessage."""
WRITES_PER_TASK: Final = 2
"""That it has started, and that it has ended: each within 1 KB, which is one unit."""
UNITS_PER_READ: Final = 0.5
"""Of an eventually consistent read, also of a result that does not exist yet.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""
READ_SECONDS: Final = 1.0
READ_SHARE: Final = 0.02
"""When a scheduler reads a task's result again: as docker/airflow_ecs_image/result_table.py has it."""


def reads(seconds: float) -> int:
    """Count how often a scheduler reads the result of a task that waits and runs for so long together."""
    count, now = 0, 0.0
    while now < seconds:
        count += 1
        now += max(READ_SECONDS, now * READ_SHARE)
    return count


def queue_usd(at: Prices, tasks: int) -> float:
    """Price the messages of tasks."""
    return tasks * REQUESTS_PER_TASK / MILLION * at.queue_million_requests


def results_usd(at: Prices, tasks: int, seconds: float) -> float | None:
    """Price the results of tasks that take so long each; None: no price is known in the region."""
    if at.table_million_writes is None or at.table_million_reads is None:
        return None
    read = reads(seconds) * UNITS_PER_READ * at.table_million_reads
    return tasks / MILLION * (WRITES_PER_TASK * at.table_million_writes + read)


def table_note(at: Prices) -> str:
    """Give the unit prices of a table."""
    write, read = at.table_million_writes, at.table_million_reads
    if write is None or read is None:
        return "by read and write; no price is known in this region"
    return f"${write} per million writes of 1 KB, ${read} per million reads of 4 KB"


def idle_worker_usd_month(at: Prices) -> float:
    """Price the requests for messages of a worker that always runs, and finds none, for one of its queues."""
    requests = HOURS_PER_MONTH * 3600 / (sqs.WAIT_SECONDS + sqs.POLL_SECONDS)
    return requests / MILLION * at.queue_million_requests
