# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""A scheduler's executor whose broker falls silent after a task was sent, and speaks again.

Prints a line of JSON after each step; files in /tmp tell it that the test is ready for the next.
"""

import time
from pathlib import Path

from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from scripts.executor import print_json, queue, states


def wait_for(name: str) -> None:
    """Wait until the test has made the file."""
    while not Path("/tmp", name).exists():  # noqa: S108 - the container's
        time.sleep(0.05)


if __name__ == "__main__":
    executor = CeleryExecutor()
    queue(executor)
    executor.heartbeat()
    states(executor)
    print_json({"running": len(executor.running)})
    wait_for("silent")
    before = time.monotonic()
    executor.heartbeat()
    print_json({"seconds": time.monotonic() - before, "states": list(states(executor).values())})
    wait_for("speaking")
    ended: list[str] = []
    while not ended:
        executor.heartbeat()
        ended = list(states(executor).values())
    print_json({"states": ended})
