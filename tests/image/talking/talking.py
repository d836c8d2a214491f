# pyright: basic, reportMissingImports=false
# ruff: noqa: INP001 - Airflow reads the folder, it is no package
# Airflow is in the image's environment, not in the program's.
"""For the image's tests: tasks on both executors whose logs are read while they run."""

import logging
import os
import signal
import time
from datetime import timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger
from airflow.sdk import BaseOperator, dag, task

LINES = 30
log = logging.getLogger(__name__)


class Deferred(BaseOperator):
    """Says something before and after it waits in the triggerer."""

    def execute(self, context: Any) -> None:  # noqa: ARG002 - Airflow's signature
        """Wait."""
        log.info("before")
        trigger = TimeDeltaTrigger(timedelta(seconds=15))
        self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Any, event: Any) -> None:  # noqa: ARG002 - Airflow's signature
        """Go on for long enough to be seen."""
        log.info("after")
        time.sleep(10)


@dag(schedule=None, catchup=False, is_paused_upon_creation=False)
def talking() -> None:
    """Say a line a second; and one whose supervisor is killed while it talks."""
    Deferred(task_id="deferred", executor="CeleryExecutor")
    for executor in ("LocalExecutor", "CeleryExecutor"):

        @task(task_id=f"talk_{executor}", executor=executor)
        def talk() -> Any:
            for number in range(LINES):
                log.info("line %d.", number)
                time.sleep(1)

        @task(task_id=f"die_{executor}", executor=executor)
        def die() -> Any:
            log.info("the last that was written")
            time.sleep(8)
            os.kill(os.getppid(), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)

        die().set_upstream(talk())


talking()
