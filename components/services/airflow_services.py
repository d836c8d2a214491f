"""The ECS services of a cluster: one for each Airflow component, or one for several that share a task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from ..base.component import Component
from ..model.services.service import Service
from .airflow_service import AirflowService, AirflowServiceArgs
from .on_demand_task import OnDemandTask, OnDemandTaskArgs
from .workload_tasks import WorkloadTasks


@dataclass(frozen=True, kw_only=True)
class AirflowServicesArgs:
    """Inputs of `AirflowServices`."""

    tasks: WorkloadTasks
    """What runs, what the tasks are made from, and where they run."""
    target_group_arns: Mapping[str, pulumi.Input[str]]
    """Target group by service, where it has one."""
    listening: Sequence[pulumi.Resource]
    """Listeners that forward to the target groups: ECS takes none without."""


class AirflowServices(Component):
    """Makes an `AirflowService` for each task, and before them the tasks that they start on demand."""

    service_names: Mapping[str, pulumi.Output[str]]
    """Name of the ECS service by Airflow component; those that share a task share the service."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by Airflow component, and by task that one of them starts."""
    task_role_arns: Mapping[str, pulumi.Output[str]]
    """IAM role of the tasks, likewise."""

    def __init__(
        self, name: str, args: AirflowServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        on_demand = {
            one.name: OnDemandTask(
                f"{name}-{one.name}", OnDemandTaskArgs(task=args.tasks.placed(one)), self._child()
            )
            for one in args.tasks.workload.on_demand
        }
        started = {name: task.started for name, task in on_demand.items()}
        # Whoever starts them must be able to from the beginning: their roles' policies are part of them.
        self._on_demand = [*on_demand.values()]
        self._name, self._args = name, replace(args, tasks=replace(args.tasks, started=started))
        services: dict[str, AirflowService] = {}
        with_tasks: list[AirflowService] = []
        in_order = args.tasks.settings.asleep and len(args.tasks.workload.tasks) > 1
        for together in sorted(args.tasks.workload.tasks, key=_runs_tasks, reverse=True):
            # Asleep, whatever a running task needs is stopped after it.
            awaited = in_order and _runs_tasks(together)
            service = self._service(together, with_tasks, until_idle=awaited)
            with_tasks += [service] if awaited else []
            services |= dict.fromkeys((one.name for one in together), service)
        self.service_names = {name: service.service_name for name, service in services.items()}
        made = {**services, **on_demand}
        self.log_groups = {name: one.log_group for name, one in made.items()}
        self.task_role_arns = {name: one.task_role_arn for name, one in made.items()}
        self._register()

    def _service(
        self, together: Sequence[Service], after: Sequence[pulumi.Resource], *, until_idle: bool
    ) -> AirflowService:
        name, args = together[0].name, self._args
        target_group_arn = args.target_group_arns.get(name)
        before = [
            *(args.listening if target_group_arn is not None else ()),
            *(() if until_idle else after),
            *(self._on_demand if any(one.runs_executor for one in together) else ()),
        ]
        return AirflowService(
            f"{self._name}-{name}",
            AirflowServiceArgs(
                task=args.tasks.placed(*together),
                namespace_id=args.tasks.shared.cluster.namespace_id,
                target_group_arn=target_group_arn,
                settling_seconds=args.tasks.settings.rollout_settling_seconds,
                until_idle=until_idle,
            ),
            self._child(pulumi.ResourceOptions(depends_on=before)),
        )


def _runs_tasks(together: Sequence[Service]) -> bool:
    return any(service.keeps_tasks for service in together)
