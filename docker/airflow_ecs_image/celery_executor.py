# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""CeleryExecutor that waits for a broker that is away: what it cannot send stays queued, and nothing fails.

How long is told by [celery] task_publish_max_retries: Airflow counts the sendings that ran into [celery]
operation_timeout, and celery_config.py makes every failure last that long.
"""

from collections.abc import Iterator, Sequence

from airflow.configuration import conf
from airflow.executors.workloads import ExecutorWorkload
from airflow.providers.celery.executors import celery_executor

MAX_BATCH_SECONDS = conf.getfloat("scheduler", "scheduler_health_check_threshold") / 2
"""The scheduler's loop must not stand until others take the scheduler for dead."""
MAX_BATCH = max(1, int(MAX_BATCH_SECONDS / conf.getfloat("celery", "operation_timeout")))


class CeleryExecutor(celery_executor.CeleryExecutor):
    """Airflow's own, which sends all that is queued, one by one, even if nothing arrives."""

    def _process_workloads(self, workload_items: Sequence[ExecutorWorkload]) -> None:
        """Send one, then more: the first that the broker does not take ends it until the next heartbeat."""
        for batch in batches(workload_items):
            before = self._waiting()
            super()._process_workloads(batch)
            if before - self._waiting() < len(batch):
                return

    def _waiting(self) -> int:
        return len(self.queued_tasks) + len(self.queued_callbacks)


def batches(workloads: Sequence[ExecutorWorkload]) -> Iterator[Sequence[ExecutorWorkload]]:
    """Split into one alone and batches of the rest."""
    if workloads:
        yield workloads[:1]
    for start in range(1, len(workloads), MAX_BATCH):
        yield workloads[start : start + MAX_BATCH]
