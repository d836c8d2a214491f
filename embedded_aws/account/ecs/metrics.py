"""What ECS and Container Insights publish of services: CPU of their tasks, and how many run.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-metrics-ECS.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.account.cloudwatch.service_metrics import Sample
from embedded_aws.account.ecs.memory import ProcessTable
from embedded_aws.account.ecs.model import now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from embedded_aws.account.ecs.containers import ContainerProcess
    from embedded_aws.account.ecs.model import Task

_CPU_UNITS = 1024


class ServiceUsage:
    """Measures the tasks of services; a service without a running task has no data, as on AWS.

    Args:
        running: gives tasks and those of their containers that run.
        services: gives all services.
        insights: whether Container Insights is on for a cluster, by its ARN.
    """

    def __init__(
        self,
        running: Callable[[], Iterable[tuple[Task, Sequence[ContainerProcess]]]],
        services: Callable[[], Iterable[Any]],
        insights: Callable[[str], bool],
    ) -> None:
        self._running, self._services, self._insights = running, services, insights

    def __call__(self) -> Iterator[Sample]:
        """Measure once."""
        processes = ProcessTable()
        for task, containers in self._running():
            if task.status != "RUNNING" or task.deployment is None or task.started_at is None:
                continue
            seconds = processes.cpu_seconds(pid for one in containers for pid in one.pids)
            lived = max((now() - task.started_at).total_seconds(), 1.0)
            percent = 100 * seconds / lived * _CPU_UNITS / int(task.definition.cpu)
            service = task.deployment.service
            yield _sample(service, "AWS/ECS", "CPUUtilization", "Percent", percent)
        for service in list(self._services()):
            if service.status == "ACTIVE" and self._insights(service.cluster_arn):
                count = sum(task.status == "RUNNING" for task in service.tasks)
                yield _sample(service, "ECS/ContainerInsights", "RunningTaskCount", "Count", count)


def _sample(service: Any, namespace: str, name: str, unit: str, value: float) -> Sample:
    dimensions = {"ClusterName": service.cluster_arn.rpartition("/")[2], "ServiceName": service.name}
    return Sample(service.region, namespace, name, unit, dimensions, value)
