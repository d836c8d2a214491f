# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Two tasks for the image's tests: one hands a value to the next, which runs for as long as asked."""

import time
from datetime import timedelta

from airflow.sdk import dag, task


@dag(schedule=None, catchup=False, params={"seconds": 0}, is_paused_upon_creation=False)
def trivial() -> None:
    """Hand over, then sleep."""

    @task
    def first() -> int:
        return 41

    @task(execution_timeout=timedelta(hours=99))
    def second(value: int, params: dict[str, int]) -> int:
        time.sleep(params["seconds"])
        return value + 1

    second(first())


trivial()
