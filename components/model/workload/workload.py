"""All that runs in one cluster."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..dag_sources.dag_source import DagSource
from ..executors.executor import AirflowExecutor, combined
from ..secrets import Secret
from ..services import sizing
from ..services.airflow_env import given_twice
from ..services.service import Service, Target
from ..settings.errors import SettingsError
from ..settings.settings import Architecture, Settings
from .catalogue import CATALOGUE, Catalogue, first
from .consistency import check
from .named_services import by_service, unknown_services


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The services of a cluster, complete: with what executor and DAG source add, and memory limits.

    Attributes:
        settings: those of the cluster.
        executor: who runs Airflow's tasks.
        dag_source: where DAGs come from.
        tasks: the services that run together in each ECS task; the first hosts the others and names the task.
        one_off: the tasks that end by themselves.
    """

    settings: Settings
    executor: AirflowExecutor
    dag_source: DagSource
    tasks: tuple[tuple[Service, ...], ...]
    one_off: tuple[Service, ...]

    @property
    def services(self) -> list[Service]:
        """The long-running services, in the order in which they are best started."""
        return [service for task in self.tasks for service in task]

    @property
    def everything(self) -> list[Service]:
        """Services and one-off tasks."""
        return [*self.services, *self.one_off]

    @property
    def targets(self) -> list[Service]:
        """The services that the load balancer routes to."""
        return [service for service in self.services if service.target]

    @property
    def default_target(self) -> Target:
        """How the load balancer reaches the service that it routes to where no path matches."""
        (target,) = (one.target for one in self.targets if one.target and not one.target.path)
        return target

    @property
    def migration(self) -> Service:
        """The one-off task that each deployment starts."""
        (migration,) = (one for one in self.one_off if not one.schedule and not one.started_by)
        return migration

    @property
    def scheduled(self) -> list[Service]:
        """The one-off tasks that a schedule starts."""
        return [one for one in self.one_off if one.schedule]

    @property
    def on_demand(self) -> list[Service]:
        """The one-off tasks that services start."""
        return [one for one in self.one_off if one.started_by]

    @property
    def architectures(self) -> set[Architecture]:
        """The processors that its tasks run on."""
        return {Architecture(one.architecture or self.settings.architecture) for one in self.everything}

    def reads(self, secret: Secret) -> bool:
        """Whether any service needs a secret."""
        return any(secret in service.secrets for service in self.everything)


def workload(settings: Settings, catalogue: Catalogue = CATALOGUE) -> Workload:
    """Put together what runs in a cluster of these settings.

    Raises:
        SettingsError: a setting is for a service that is not in the catalogue, or is given in two forms.
    """
    if errors := [*unknown_services(by_service(settings), catalogue)]:
        raise SettingsError(errors)
    executor = combined(settings, catalogue.made_executors(settings))
    dag_source = first("DAG source", (make(settings) for make in catalogue.dag_sources))
    services = (*catalogue.made_services(settings), *executor.services)
    check([*services])
    enabled = [one for one in services if one.enabled]
    if errors := [*given_twice(settings, enabled)]:
        raise SettingsError(errors)
    complete = [_completed(settings, one, executor, dag_source) for one in enabled]
    return Workload(
        settings=settings,
        executor=executor,
        dag_source=dag_source,
        tasks=tuple(_placed(task, executor) for task in _tasks(complete)),
        one_off=tuple(replace(one, memory_mib=one.size.memory_mib) for one in complete if one.one_off),
    )


def _completed(
    settings: Settings, service: Service, executor: AirflowExecutor, dag_source: DagSource
) -> Service:
    """Add what executor and DAG source bring to a service; asleep, it runs no task."""
    if settings.asleep:
        scaling = service.scaling and replace(service.scaling, asleep=True)
        service = replace(service, asleep=True, count=0, scaling=scaling)
    if service.runs_executor:
        service = executor.within(service)
    common = {"AIRFLOW__CORE__EXECUTOR": executor.name, **executor.environment, **dag_source.environment}
    service = replace(service, environment={**common, **service.environment})
    if service.parses_dags and dag_source.parser_command:
        service = replace(service, command=dag_source.parser_command)
    if not service.loads_dags:
        return service
    return replace(
        service,
        volumes=(*service.volumes, *dag_source.volumes),
        statements=(*service.statements, *dag_source.statements),
    )


def _tasks(services: Sequence[Service]) -> list[list[Service]]:
    """Group the long-running services by the task that they run in; its host comes first."""
    tasks: dict[str, list[Service]] = {}
    for service in services:
        if not service.one_off:
            tasks.setdefault(service.host or service.name, []).append(service)
    return [sorted(task, key=lambda service: service.name != name) for name, task in tasks.items()]


def _placed(task: Sequence[Service], executor: AirflowExecutor) -> tuple[Service, ...]:
    """Give each service of a task its part of the memory, and with it the tasks that its executor may run."""
    size = task[0].size
    limits = sizing.limits_mib(size.memory_mib, task)
    return tuple(
        replace(
            service,
            memory_mib=limit,
            environment={
                **service.environment,
                **(executor.slots(size.cpu_units, limit) if service.runs_executor else {}),
            },
        )
        for service, limit in zip(task, limits, strict=True)
    )
