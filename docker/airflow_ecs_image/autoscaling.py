# pyright: basic, reportMissingImports=false
# boto3 is in the image's environment, and carries no types.
"""How many workers each scaled group needs, for CloudWatch: every ten seconds, from the metadata database.

The value is the most that were needed within five minutes, so that workers are there for the next task of a
pipeline, and a load that comes and goes does not start and stop them. Schedulers publish one each, without
knowing of each other: the alarms take the larger one. One that has just started knows of no earlier need.

No database or no CloudWatch: nothing is published, and AWS scales nothing until there is data again.
"""

import json
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from airflow_ecs_image import database
from airflow_ecs_image.errors import NotReadyError, PermanentError
from airflow_ecs_image.health import PUBLISHED_FILE

METRIC = "WorkersNeeded"
DIMENSION = "ServiceName"
INTERVAL_SECONDS = 10
MEMORY_SECONDS = 300
STATEMENT_SECONDS = 5
TASKS = """
SELECT queue, count(*) FROM task_instance
 WHERE state IN ('queued', 'running', 'restarting') GROUP BY queue
 UNION ALL
SELECT coalesce(data -> '__var' ->> 'queue', %s), count(*) FROM callback
 WHERE type = 'executor' AND state IN ('pending', 'queued', 'running') GROUP BY 1
"""
"""Tasks and callbacks that have a worker, or wait for one; a callback may name its queue.

https://github.com/apache/airflow/blob/main/airflow-core/src/airflow/models/callback.py
"""


@dataclass(frozen=True)
class Group:
    """A worker group that is scaled: its service, its queues, and how many tasks one worker runs at once."""

    service: str
    queues: frozenset[str]
    concurrency: int

    def workers(self, tasks: Mapping[str, int]) -> int:
        """How many workers the tasks of its queues need."""
        return math.ceil(sum(tasks.get(queue, 0) for queue in self.queues) / self.concurrency)


class Peak:
    """The largest of the numbers of the last five minutes."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def add(self, number: int, now: float) -> int:
        """Take a number; give the largest that is not forgotten."""
        while self._seen and (self._seen[0][0] <= now - MEMORY_SECONDS):
            self._seen.popleft()
        while self._seen and self._seen[-1][1] <= number:
            self._seen.pop()
        self._seen.append((now, number))
        return self._seen[0][1]


class Publisher:
    """Reads and publishes; an error is logged once, however often it is met in a row."""

    def __init__(
        self,
        groups: Iterable[Group],
        count: Callable[[], Mapping[str, int]],
        put: Callable[[list[dict[str, Any]]], None],
        *,
        log: Callable[[str], None],
    ) -> None:
        self._peaks = {group: Peak() for group in groups}
        self._count, self._put, self._log, self._logged = count, put, log, ""

    def publish(self, now: float) -> None:
        """Publish the need of each group in one request."""
        try:
            tasks = self._count()
            needs = {group: peak.add(group.workers(tasks), now) for group, peak in self._peaks.items()}
            self._put([_datum(group, workers) for group, workers in needs.items()])
        except PermanentError:
            raise
        except (NotReadyError, psycopg.Error) as error:
            self._note(f"nothing is published, since the database does not answer: {error}")
        except Exception as error:  # noqa: BLE001 - whatever boto3 finds: credentials, network, permissions
            self._note(f"CloudWatch took no metrics: {type(error).__name__}: {error}")
        else:
            self._note("")

    def _note(self, trouble: str) -> None:
        if trouble != self._logged:
            self._log(trouble or "metrics are published again")
        self._logged = trouble


def groups(environ: Mapping[str, str]) -> list[Group]:
    """`AIRFLOW_ECS_SCALED_GROUPS`: by service, `queues` and `concurrency`."""
    found = json.loads(environ["AIRFLOW_ECS_SCALED_GROUPS"])
    return [
        Group(service, frozenset(one["queues"]), int(one["concurrency"])) for service, one in found.items()
    ]


def tasks_by_queue(connection: psycopg.Connection, default_queue: str) -> dict[str, int]:
    """Count what runs and what waits."""
    found: dict[str, int] = {}
    connection.execute("SELECT set_config('statement_timeout', %s, false)", (f"{STATEMENT_SECONDS}s",))
    for queue, count in connection.execute(TASKS, (default_queue,)):
        found[queue] = found.get(queue, 0) + count
    return found


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Publish for ever; 1 where the database will never answer."""
    url, default_queue = environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"], environ["AIRFLOW_ECS_DEFAULT_QUEUE"]

    def count() -> dict[str, int]:
        with database.connect(url) as connection:
            return tasks_by_queue(connection, default_queue)

    publisher = Publisher(
        groups(environ),
        count,
        _cloudwatch(environ["AIRFLOW_ECS_METRICS_NAMESPACE"]),
        log=_log,
    )
    try:
        while True:
            publisher.publish(time.monotonic())
            PUBLISHED_FILE.touch()  # the loop's sign of life, whatever it reached
            time.sleep(INTERVAL_SECONDS - time.time() % INTERVAL_SECONDS)
    except PermanentError as error:
        _log(str(error))
        return 1


def _datum(group: Group, workers: int) -> dict[str, Any]:
    return {
        "MetricName": METRIC,
        "Dimensions": [{"Name": DIMENSION, "Value": group.service}],
        "Value": workers,
        "Unit": "Count",
        "StorageResolution": 1,
    }


def _cloudwatch(namespace: str) -> Callable[[list[dict[str, Any]]], None]:
    import boto3  # noqa: PLC0415 - in the image only
    from botocore.config import Config  # noqa: PLC0415

    patience = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 2})
    client: Any = boto3.client("cloudwatch", config=patience)
    return lambda data: client.put_metric_data(Namespace=namespace, MetricData=data)


def _log(line: str) -> None:
    sys.stderr.write(f"autoscaling: {line}\n")
    sys.stderr.flush()
