# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""For the image's tests: hand a value over, run for as long as asked, then wait in the triggerer."""

import time
from datetime import timedelta

from airflow.providers.standard.sensors.time_delta import WaitSensor
from airflow.sdk import Connection, Variable, dag, task

HOURS = int(Variable.get("hours"))
"""In Secrets Manager alone, where it is read while the file is parsed."""


@dag(schedule=None, catchup=False, params={"seconds": 0}, is_paused_upon_creation=False)
def trivial() -> None:
    """Hand over, sleep, wait."""

    @task
    def first() -> int:
        # In Secrets Manager alone, which the API server may read and a worker may not.
        return Connection.get("answer").port or 0

    @task(execution_timeout=timedelta(hours=HOURS))
    def second(value: int, params: dict[str, int]) -> int:
        time.sleep(params["seconds"])
        return value + 1

    wait = WaitSensor(task_id="wait", time_to_wait=timedelta(seconds=1), deferrable=True)
    wait.set_upstream(second(first()))  # pyright: ignore[reportCallIssue]


trivial()
