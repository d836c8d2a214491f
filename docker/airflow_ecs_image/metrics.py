# pyright: basic, reportMissingImports=false
# boto3 is in the image's environment, and carries no types.
"""Metrics of the cluster that only its metadata database knows, for CloudWatch.

How many workers each scaled group needs, every ten seconds. The value is the most that were needed within
five minutes, so that workers are there for the next task of a pipeline, and a load that comes and goes does
not start and stop them. Schedulers publish one each, without knowing of each other: the alarms take the
larger one. One that has just started knows of no earlier need.

Whether Airflow works, every minute, where somebody watches that. No value depends on when its publisher
started, so that several publishers publish the same.

No database or no CloudWatch: nothing is published, AWS scales nothing until there is data again, and alarms
on heartbeats take the silence for a failure.
"""

import json
import math
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, LiteralString

import psycopg

from airflow_ecs_image import database
from airflow_ecs_image.errors import NotReadyError, PermanentError
from airflow_ecs_image.health import PUBLISHED_FILE

METRIC = "WorkersNeeded"
DIMENSION = "ServiceName"
INTERVAL_SECONDS = 10
STATE_INTERVAL_SECONDS = 60
MEMORY_SECONDS = 300
STATEMENT_SECONDS = 5
HEARTBEATS, FAILED_TASKS, OLDEST_QUEUED = "Heartbeats", "FailedTasks", "OldestQueuedTask"
JOBS = {"SchedulerJob": "scheduler", "DagProcessorJob": "dag-processor", "TriggererJob": "triggerer"}
"""Services that send heartbeats, by Airflow's type of their job."""
ALIVE_SECONDS = 60
"""A job whose last heartbeat is older does not count; Airflow sends one every 5 s."""
FAILED_SECONDS = 900
LIVE_JOBS = """
SELECT job_type, count(*) FROM job
 WHERE state = 'running' AND latest_heartbeat > now() - make_interval(secs => %s) GROUP BY job_type
"""
FAILED = """
SELECT count(*) FROM task_instance
 WHERE state = 'failed' AND end_date > now() - make_interval(secs => %(seconds)s)
"""
QUEUED = """
SELECT coalesce(extract(epoch FROM now() - min(queued_dttm)), 0) FROM task_instance WHERE state = 'queued'
"""
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


class Workers:
    """How many workers each scaled group needs."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._peaks = {group: Peak() for group in groups}

    def data(self, tasks: Mapping[str, int], now: float) -> list[dict[str, Any]]:
        """Give the need of each group, in seconds' resolution."""
        needs = {group: peak.add(group.workers(tasks), now) for group, peak in self._peaks.items()}
        return [
            _datum(METRIC, need, "Count", {DIMENSION: group.service}) | {"StorageResolution": 1}
            for group, need in needs.items()
        ]


class Publisher:
    """Reads and publishes; an error is logged once, however often it is met in a row."""

    def __init__(
        self,
        read: Callable[[float], list[dict[str, Any]]],
        put: Callable[[list[dict[str, Any]]], None],
        *,
        log: Callable[[str], None],
    ) -> None:
        self._read, self._put, self._log, self._logged = read, put, log, ""

    def publish(self, now: float) -> None:
        """Publish what is due in one request."""
        try:
            if data := self._read(now):
                self._put(data)
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
    for queue, count in connection.execute(TASKS, (default_queue,)):
        found[queue] = found.get(queue, 0) + count
    return found


def state(connection: psycopg.Connection) -> list[dict[str, Any]]:
    """Give the live jobs of each service, the tasks that failed lately, and how long one has been queued."""
    alive = dict(connection.execute(LIVE_JOBS, (ALIVE_SECONDS,)).fetchall())
    heartbeats = [_datum(HEARTBEATS, alive.get(job, 0), "Count", {"Job": name}) for job, name in JOBS.items()]
    failed = _number(connection, FAILED_TASKS, FAILED)
    queued = _number(connection, OLDEST_QUEUED, QUEUED)
    return [
        *heartbeats,
        *([] if failed is None else [_datum(FAILED_TASKS, failed, "Count")]),
        *([] if queued is None else [_datum(OLDEST_QUEUED, queued, "Seconds")]),
    ]


def _number(connection: psycopg.Connection, name: str, statement: LiteralString) -> float | None:
    """Query one number; None where it takes too long, which must not keep back the heartbeats."""
    try:
        with connection.transaction():
            return float(connection.execute(statement, {"seconds": FAILED_SECONDS}).fetchall()[0][0])
    except psycopg.errors.QueryCanceled:
        _log(f"{name} is not published: its query took more than {STATEMENT_SECONDS} s")
        return None


class Reader:
    """Reads what is due from the database; it connects only where something is.

    Args:
        connect: opens a connection.
        environ: what there is to publish.
    """

    def __init__(
        self, connect: Callable[[], AbstractContextManager[psycopg.Connection]], environ: Mapping[str, str]
    ) -> None:
        self._connect, self._default_queue = connect, environ["AIRFLOW_ECS_DEFAULT_QUEUE"]
        scaled = groups(environ)
        self._workers = Workers(scaled) if scaled else None
        self._state = environ["AIRFLOW_ECS_STATE_METRICS"] == "True"
        self._state_at = -math.inf

    def __call__(self, now: float) -> list[dict[str, Any]]:
        """Give what is to be published now, in seconds of a clock that never goes back."""
        state_due = self._state and now - self._state_at >= STATE_INTERVAL_SECONDS - INTERVAL_SECONDS / 2
        if not (self._workers or state_due):
            return []
        with self._connect() as connection:
            connection.execute(
                "SELECT set_config('statement_timeout', %s, false)", (f"{STATEMENT_SECONDS}s",)
            )
            data = (
                self._workers.data(tasks_by_queue(connection, self._default_queue), now)
                if self._workers
                else []
            )
            if state_due:
                data += state(connection)
                self._state_at = now
        return data


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Publish for ever; 1 where the database will never answer."""
    url = environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    publisher = Publisher(
        Reader(lambda: database.connect(url), environ),
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


def _datum(
    name: str, value: float, unit: str, dimensions: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": of} for key, of in dimensions.items()],
        "Value": value,
        "Unit": unit,
    }


def _cloudwatch(namespace: str) -> Callable[[list[dict[str, Any]]], None]:
    import boto3  # noqa: PLC0415 - in the image only
    from botocore.config import Config  # noqa: PLC0415

    patience = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 2})
    client: Any = boto3.client("cloudwatch", config=patience)
    return lambda data: client.put_metric_data(Namespace=namespace, MetricData=data)


def _log(line: str) -> None:
    sys.stderr.write(f"metrics: {line}\n")
    sys.stderr.flush()
