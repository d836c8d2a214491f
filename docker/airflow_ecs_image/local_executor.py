# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""LocalExecutor whose tasks outlive a deployment: the scheduler's ECS task is protected while they run.

A protected task gets no signal. A scheduler that is to be replaced sees that at ECS, as a worker does
(`intake.py`), and has no slot from then on: the next scheduler queues the tasks. It goes on with its loop, so
that nobody takes it for dead, until its last task has ended; then it gives the protection back, and ECS stops
it.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from airflow.executors import local_executor
from airflow.executors.workloads import ExecutorWorkload
from airflow.jobs.job import Job
from airflow.utils import timezone
from airflow.utils.session import create_session
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from airflow_ecs_image import out_of_memory
from airflow_ecs_image.deployment import Deployment
from airflow_ecs_image.intake import Intake
from airflow_ecs_image.policy import max_task_duration
from airflow_ecs_image.protection import Protection

log = logging.getLogger(__name__)

PARALLELISM_VARIABLE = "AIRFLOW_ECS_LOCAL_PARALLELISM"
"""Its slots where there are other executors too, for all of which [core] parallelism holds together."""
TICK_SECONDS = 10.0
BEAT_SECONDS = 5.0


class LocalExecutor(local_executor.LocalExecutor):
    """Airflow's own, which takes tasks as ECS lets it, and no more than it has slots.

    Airflow's counts no running task: what is beyond its slots waits inside it, queued, until its token has
    expired.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        limit = os.environ.get(PARALLELISM_VARIABLE)
        super().__init__(*args, **({"parallelism": int(limit)} if limit else {}), **kwargs)

    def start(self) -> None:
        """Start the slots' processes, and then what watches over them, which has a thread."""
        out_of_memory.spare_this_process()
        super().start()
        duration = max_task_duration(os.environ)
        self._intake = Intake(Protection(os.environ.get("ECS_AGENT_URI"), duration), Deployment().standing)
        self._ticked = 0.0

    @property
    def slots_available(self) -> int:
        """Give the free slots; none where ECS wants this scheduler gone."""
        return super().slots_available if self._intake.open() else 0

    @property
    def slots_occupied(self) -> int:
        """Give the taken slots; all where ECS wants this scheduler gone."""
        return super().slots_occupied if self._intake.open() else self.parallelism

    def sync(self) -> None:
        """Read what has ended, and let the intake have its turn now and then."""
        super().sync()
        if time.monotonic() - self._ticked >= TICK_SECONDS:
            self._ticked = time.monotonic()
            self._intake.tick(working=bool(self.running or self.queued_tasks or self.queued_callbacks))

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:  # noqa: FBT001, FBT002 - Airflow's signature
        """Take note of a workload's state; one that runs holds its slot."""
        super().change_state(key, state, info, remove_running=remove_running and state != "running")

    def end(self) -> None:
        """Wait for the tasks, as alive as ever: schedulers take over what a silent one has."""
        with beating(self.job_id):
            super().end()

    def _process_workloads(self, workload_list: Sequence[ExecutorWorkload]) -> None:
        self.running.update(workload.key for workload in workload_list)
        self._intake.received()
        super()._process_workloads(workload_list)


@contextmanager
def beating(job_id: int | None) -> Iterator[None]:
    """Keep a job's heartbeat fresh from a thread."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(BEAT_SECONDS):
            try:
                with create_session() as session:
                    session.execute(
                        update(Job).where(Job.id == job_id).values(latest_heartbeat=timezone.utcnow())
                    )
            except SQLAlchemyError as error:  # nor does another scheduler see a silent job then
                log.warning("no heartbeat: %s", error)

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
