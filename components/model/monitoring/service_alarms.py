"""Alarms on services: tasks that do not run, or end again and again, and deployments that fail."""

from collections.abc import Iterator

from ..alarm import MINUTE, Alarm, Comparison, Metric, Missing
from ..services.service import Service
from ..workload.workload import Workload
from . import events
from .names import CLUSTER, NAMESPACE, service_name

DOWN_PERIODS = 5
"""A task that AWS replaces, as for maintenance or Spot, is back by then."""
STOPPED_TASKS = 3
STOPPED_SECONDS = 900


def alarms(workload: Workload) -> Iterator[Alarm]:
    """List the alarms on a cluster's services."""
    for service, *_ in workload.tasks:
        if planned_count(service):
            yield _down(service, container_insights=workload.settings.container_insights)
    if workload.settings.logs.events:
        yield from _of_events(workload)


def planned_count(service: Service) -> int:
    """Give the fewest tasks of a service while nothing stops it; one where somebody else scales it."""
    if service.scaling:
        return service.scaling.minimum
    return min(1, service.size.count) if service.size.scaled_externally else service.size.count


def stopped(service: Service) -> bool:
    """Whether a service runs no task on purpose: the cluster is asleep, or its scheduler stopped."""
    return service.scaling.asleep if service.scaling else service.count == 0


def _down(service: Service, *, container_insights: bool) -> Alarm:
    """Watch that tasks run: how many, where Container Insights counts them, else that there is any.

    A service without a running task has no data:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
    """
    dimensions = {"ClusterName": CLUSTER, "ServiceName": service_name(service.name)}
    if container_insights:
        count = planned_count(service)
        metric = Metric(
            namespace="ECS/ContainerInsights",
            name="RunningTaskCount",
            dimensions=dimensions,
            statistic="Minimum",
        )
        meaning = f"Fewer than {count} tasks of {service.name} run."
    else:
        count = 1
        metric = Metric(
            namespace="AWS/ECS", name="CPUUtilization", dimensions=dimensions, statistic="SampleCount"
        )
        meaning = f"No task of {service.name} runs."
    return Alarm(
        name=f"{service.name}-down",
        metric=metric,
        comparison=Comparison.BELOW,
        threshold=count,
        periods=DOWN_PERIODS,
        missing=Missing.BREACHING,
        muted=stopped(service),
        meaning=meaning,
        remedy=f"airflow-ecs status shows why tasks stop, airflow-ecs logs {service.name} their last lines. "
        "After a bad deployment, deploy the version before.",
    )


def _of_events(workload: Workload) -> Iterator[Alarm]:
    yield _counted(
        events.STOPPED_TASKS,
        threshold=STOPPED_TASKS,
        seconds=STOPPED_SECONDS,
        meaning="Tasks of services end by themselves, or do not become healthy, again and again.",
        remedy="The log group of ECS's events has each task's stoppedReason and exit codes: 137 is a lack of "
        "memory. airflow-ecs logs SERVICE shows its last lines.",
    )
    yield _counted(
        events.FAILED_DEPLOYMENTS,
        meaning="ECS gave up a deployment and went back to the version before.",
        remedy="airflow-ecs status names the service and the reason; the next up tries again.",
    )
    yield _counted(
        events.FAILED_MIGRATIONS,
        meaning="The migration of the metadata database failed; the services run on as before.",
        remedy=f"airflow-ecs logs {workload.migration.name} has the reason; up starts it again.",
    )
    for service in workload.scheduled:
        yield _counted(
            events.failed_runs(service.name),
            meaning=f"The scheduled task {service.name} failed, so that old rows stay in the database.",
            remedy=f"airflow-ecs logs {service.name} has the reason; the next run does what this one left.",
        )


def _counted(
    metric: str, *, threshold: int = 1, seconds: int = 5 * MINUTE, meaning: str, remedy: str
) -> Alarm:
    return Alarm(
        name=events.alarm_name(metric),
        metric=Metric(namespace=NAMESPACE, name=metric, dimensions={}, statistic="Sum"),
        comparison=Comparison.AT_LEAST,
        threshold=threshold,
        period_seconds=seconds,
        periods=1,
        meaning=meaning,
        remedy=remedy,
    )
