# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Load for the figures: a chain of 40 tasks, and 100 tasks side by side."""

import time

from airflow.sdk import chain, dag, task

CHAIN_TASKS = 40
PARALLEL_TASKS = 100


@dag(schedule=None, catchup=False)
def load_chain() -> None:
    """One task after the other."""

    @task
    def step() -> None:
        """Do nothing."""

    chain(*(step.override(task_id=f"step_{number}")() for number in range(CHAIN_TASKS)))


@dag(schedule=None, catchup=False, max_active_tasks=PARALLEL_TASKS)
def load_parallel() -> None:
    """All at once."""

    @task
    def wait(number: int) -> int:
        time.sleep(1)
        return number

    wait.expand(number=list(range(PARALLEL_TASKS)))


load_chain()
load_parallel()
