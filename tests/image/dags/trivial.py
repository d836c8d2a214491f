# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""For the image's tests: hand a value over, run for as long as asked, then wait in the triggerer."""

import time
from datetime import timedelta

from airflow.providers.standard.sensors.time_delta import WaitSensor
from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, params={"seconds": 0}, is_paused_upon_creation=False)
def trivial() -> None:
    """Hand over, sleep, wait."""

    @task
    def first() -> int:
        return 41

    @task(execution_timeout=timedelta(hours=99))
    def second(value: int, params: dict[str, int]) -> int:
        time.sleep(params["seconds"])
        return value + 1

    wait = WaitSensor(task_id="wait", time_to_wait=timedelta(seconds=1), deferrable=True)
    wait.set_upstream(second(first()))  # pyright: ignore[reportCallIssue]


trivial()
