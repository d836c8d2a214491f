# pyright: basic, reportMissingImports=false
# Airflow and Celery are in the image's environment, not in the program's.
"""Commands a worker over the broker, as a task's code could, while the worker runs a task.

Prints a line of JSON: who obeyed, what Flower still sees, what Airflow's own command did, how the task ended.
"""

import time
from collections.abc import Callable

from airflow.providers.celery.executors.celery_executor import CeleryExecutor
from airflow.providers.celery.executors.celery_executor_utils import app
from scripts.executor import print_json, queue

SECONDS = 60
LOOKS = ("active", "active_queues", "conf", "registered", "reserved", "revoked", "scheduled", "stats")


def commands(task_id: str) -> dict[str, dict[str, object]]:
    """Everything by which Celery stops a worker, its queues, processes or task; the worst comes last."""
    return {
        "revoke": {"task_id": task_id, "terminate": True, "signal": "SIGKILL"},
        "terminate": {"task_id": task_id, "signal": "SIGKILL"},
        "time_limit": {"task_name": "execute_workload", "hard": 1, "soft": 1},
        "rate_limit": {"task_name": "execute_workload", "rate_limit": "1/h"},
        "cancel_consumer": {"queue": "default"},
        "add_consumer": {"queue": "another"},
        "pool_shrink": {"n": 1},
        "pool_grow": {"n": 9},
        "autoscale": {"max": 1, "min": 0},
        "pool_restart": {},
        "disable_events": {},
        "memdump": {},
        "shutdown": {},
    }


def until(met: Callable[[], object]) -> None:
    """Wait until a function returns something true."""
    deadline = time.monotonic() + SECONDS
    while not met() and time.monotonic() < deadline:
        time.sleep(0.2)


def running() -> list[str]:
    """The ids of tasks that a worker runs."""
    found = app.control.inspect(timeout=2).active() or {}
    return [one["id"] for tasks in found.values() for one in tasks]


def obeys(name: str, arguments: dict[str, object]) -> bool:
    """Whether a worker answers a command with anything but that it knows none of this name."""
    answers = app.control.broadcast(name, arguments, reply=True, timeout=2) or []
    return any("KeyError" not in str(one) for answer in answers for one in answer.values())


if __name__ == "__main__":
    executor = CeleryExecutor()
    queue(executor)
    executor.heartbeat()
    until(running)
    (task_id,) = running()
    obeyed = [name for name, arguments in commands(task_id).items() if obeys(name, arguments)]
    # Airflow's own: a task that waits behind the first is not run at all.
    second = queue(executor)
    executor.heartbeat()
    waiting = second.ti.external_executor_id
    app.control.revoke(waiting)
    until(lambda: [app.AsyncResult(one).state for one in (task_id, waiting)] == ["SUCCESS", "REVOKED"])
    inspect = app.control.inspect(timeout=2)
    print_json(
        {
            "obeyed": obeyed,
            # The worker writes it at the end, whatever a command has written before.
            "task": app.AsyncResult(task_id).state,
            "taken back": app.AsyncResult(waiting).state,
            "seen": [name for name in LOOKS if getattr(inspect, name)()],
            "queues": [one["name"] for queues in inspect.active_queues().values() for one in queues],
            "pool": [len(one["pool"]["processes"]) for one in inspect.stats().values()],
        }
    )
