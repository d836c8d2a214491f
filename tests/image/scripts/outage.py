# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""A scheduler's executor that queues tasks while there is no broker: `outage.py COUNT`.

Prints a line of JSON once it waits, and one when all tasks have ended; a file in /tmp tells it that the
broker is gone.
"""

import sys
import time
from collections import Counter
from pathlib import Path

from airflow.executors.executor_loader import ExecutorLoader
from scripts.executor import print_json, queue, states


def main(count: int) -> None:
    """Beat as the scheduler's loop does."""
    executor = ExecutorLoader.get_default_executor()
    executor.heartbeat()
    print_json({"waits": True})
    while not Path("/tmp/gone").exists():  # noqa: S108 - the container's
        time.sleep(0.05)
    for _ in range(count):
        queue(executor)
    ended: Counter[str] = Counter()
    longest = 0.0
    while sum(ended.values()) < count:
        before = time.monotonic()
        executor.heartbeat()
        longest = max(longest, time.monotonic() - before)
        ended.update(state for state in states(executor).values() if state != "queued")
        time.sleep(0.2)
    print_json({"ended": ended, "longest_seconds": longest})


if __name__ == "__main__":
    main(int(sys.argv[1]))
