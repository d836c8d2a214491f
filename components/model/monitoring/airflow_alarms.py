"""Alarms on what Airflow itself does: heartbeats, failed tasks, tasks that wait."""

from collections.abc import Iterator

from ..alarm import Alarm, Comparison, Metric, Missing
from ..services import metrics, timeouts
from ..settings.errors import stack_key
from ..workload.workload import Workload
from .names import NAMESPACE
from .service_alarms import planned_count, stopped

HEARTBEAT_PERIODS = 5
QUEUED_SECONDS = timeouts.TASK_QUEUED_SECONDS * 4 // 5
"""After `TASK_QUEUED_SECONDS` a task is queued again, and its wait begins again."""


def alarms(workload: Workload) -> Iterator[Alarm]:
    """List the alarms on the metrics that the cluster publishes."""
    hosts = {service.name: host for host, *others in workload.tasks for service in (host, *others)}
    for job in metrics.JOBS:
        if count := planned_count(hosts[job]):
            # Nobody publishes what the publisher's own task takes with it.
            muted = any(stopped(hosts[one]) for one in (job, metrics.NAME) if one in hosts)
            yield _heartbeat(job, count, muted=muted)
    if failed := workload.settings.alarms.failed_tasks:
        yield _failed_tasks(failed)
    yield _queued()


def _heartbeat(job: str, count: int, *, muted: bool) -> Alarm:
    return Alarm(
        name=f"{job}-heartbeat",
        metric=Metric(
            namespace=NAMESPACE, name=metrics.HEARTBEATS, dimensions={metrics.JOB: job}, statistic="Minimum"
        ),
        comparison=Comparison.BELOW,
        threshold=count,
        periods=HEARTBEAT_PERIODS,
        missing=Missing.BREACHING,
        muted=muted,
        meaning=f"{_too_few(job, count)} sent the database a heartbeat, or nobody could read it.",
        remedy=f"Alarms of the database, if there are any, come first. Else airflow-ecs logs {job} and "
        f"airflow-ecs redeploy {job}.",
    )


def _too_few(job: str, count: int) -> str:
    return f"No {job}" if count == 1 else f"Fewer than {count} of {job}"


def _failed_tasks(count: int) -> Alarm:
    minutes = metrics.FAILED_SECONDS // 60
    return Alarm(
        name="failed-tasks",
        metric=Metric(namespace=NAMESPACE, name=metrics.FAILED_TASKS, dimensions={}, statistic="Maximum"),
        comparison=Comparison.AT_LEAST,
        threshold=count,
        periods=1,
        meaning=f"{count} or more Airflow tasks failed within {minutes} minutes, after all retries.",
        remedy="Look for what they have in common in the UI (Browse, Task Instances, state failed): a DAG, a "
        f"connection, a worker group. {stack_key(('alarms', 'failed_tasks'))} is the number.",
    )


def _queued() -> Alarm:
    return Alarm(
        name="queued-tasks",
        metric=Metric(namespace=NAMESPACE, name=metrics.OLDEST_QUEUED, dimensions={}, statistic="Maximum"),
        comparison=Comparison.AT_LEAST,
        threshold=QUEUED_SECONDS,
        periods=1,
        meaning=f"A task has been queued for {QUEUED_SECONDS // 60} minutes and nobody takes it.",
        remedy="No worker is there for its queue, or all slots are taken: more or larger workers, or "
        "fewer tasks at a time; see the alarms of worker and broker.",
    )
