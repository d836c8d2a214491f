# pyright: basic, reportMissingImports=false
# Airflow and Celery are in the image's environment, not in the program's.
"""A scheduler's executor with many tasks in flight, and its results in a table: what each loop costs.

Prints a line of JSON.
"""

import statistics
import time
from typing import Any

from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from scripts.executor import print_json, queue, states

COUNT = 200
LOOPS = 15
HOUR = 3600.0


class Counting:
    """A client that counts the keys that each request names."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.read: list[int] = []

    def __getattr__(self, name: str) -> Any:
        """Whatever is not counted."""
        return getattr(self._client, name)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> Any:  # noqa: N803 - boto3's name
        """Count, and read."""
        self.read += [len(one["Keys"]) for one in RequestItems.values()]
        return self._client.batch_get_item(RequestItems=RequestItems)


def measured(executor: CeleryExecutor) -> tuple[float, float]:
    """The wall clock's and the processor's milliseconds of a loop that reads, as the median of some."""
    backend = executor.celery_app.backend
    took: list[tuple[float, float]] = []
    for _ in range(LOOPS):
        for one in backend._known.values():
            one.due = 0.0
        wall, cpu = time.monotonic(), time.process_time()
        executor.heartbeat()
        took.append((time.monotonic() - wall, time.process_time() - cpu))
    walls, cpus = zip(*took, strict=True)
    return 1000 * statistics.median(walls), 1000 * statistics.median(cpus)


def reads_in_an_hour(backend: Any) -> int:
    """How often a task of an hour is read, where the loop comes round ten times a second."""
    now, count = 0.0, 0
    backend._clock = lambda: now
    before = backend._read

    def counted(keys: list[str]) -> dict[str, str]:
        nonlocal count
        count += bool(keys)
        return {}

    backend._read = counted
    while now < HOUR:
        backend.mget(["an-hour"])
        now += 0.1
    backend._read, backend._clock = before, time.monotonic
    return count


def main() -> None:
    """Send, read, end them, read again."""
    executor = CeleryExecutor(parallelism=COUNT)
    backend = executor.celery_app.backend
    executor.heartbeat()
    queued = [queue(executor) for _ in range(COUNT)]
    while executor.queued_tasks:
        executor.heartbeat()
    counting = Counting(backend.client)
    backend._made = (backend._made[0], counting)
    wall, cpu = measured(executor)
    keys = counting.read[:2]
    states(executor)
    before = len(counting.read)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        executor.heartbeat()
    at_once = len(counting.read) - before
    for workload in queued:
        backend.store_result(workload.ti.external_executor_id, None, "STARTED")
        backend.store_result(workload.ti.external_executor_id, None, "SUCCESS")
        # What comes late changes nothing.
        backend.store_result(workload.ti.external_executor_id, ValueError("x" * 5000), "FAILURE")
        backend.store_result(workload.ti.external_executor_id, None, "REVOKED")
    time.sleep(1.5)
    executor.heartbeat()
    ended = list(states(executor).values())
    print_json(
        {
            "milliseconds": wall,
            "processor_milliseconds": cpu,
            "keys": keys,
            "requests_within_a_second": at_once,
            "succeeded": ended.count("success"),
            "reads_in_an_hour": reads_in_an_hour(backend),
        }
    )


if __name__ == "__main__":
    main()
