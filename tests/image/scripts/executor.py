# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""What the scripts share: Airflow's own executor, and workloads as a scheduler queues them."""

import json
import sys
import uuid
from typing import Any

from airflow.executors.workloads import ExecuteTask
from airflow.executors.workloads.base import BundleInfo
from airflow.executors.workloads.task import TaskInstanceDTO
from airflow.providers.celery.executors.celery_executor import CeleryExecutor


def queue(executor: CeleryExecutor) -> ExecuteTask:
    """Queue one task instance as the scheduler does; `heartbeat` sends it."""
    instance = TaskInstanceDTO(
        id=uuid.uuid4(),
        task_id="task",
        dag_id="dag",
        run_id=str(uuid.uuid4()),
        try_number=1,
        map_index=-1,
        dag_version_id=uuid.uuid4(),
        pool_slots=1,
        queue="default",
        priority_weight=1,
        external_executor_id=str(uuid.uuid4()),
    )
    workload = ExecuteTask(
        ti=instance,
        dag_rel_path="dag.py",
        token="t" * 500,
        log_path="dag/task",
        bundle_info=BundleInfo(name="dags-folder"),
    )
    executor.queue_workload(workload, session=None)
    return workload


def print_json(result: dict[str, Any]) -> None:
    """Print a line for the test to read."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


def states(executor: CeleryExecutor) -> dict[str, str]:
    """What the executor has told since the last question: state by run."""
    found: dict[Any, Any] = executor.get_event_buffer()
    return {key.run_id: str(state.value) for key, (state, _) in found.items()}
