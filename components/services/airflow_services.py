"""The ECS services of a cluster: one for each Airflow component, or one for several that share a task."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..model.services import roles
from ..model.services.roles import Role
from ..model.settings.settings import Settings
from .airflow_service import AirflowService, AirflowServiceArgs
from .role_tasks import RoleTasks
from .shared_infrastructure import SharedInfrastructure


@dataclass(frozen=True, kw_only=True)
class AirflowServicesArgs:
    """Inputs of `AirflowServices`."""

    settings: Settings
    """The settings of the cluster."""
    tasks: RoleTasks
    """What their tasks are made from."""
    shared: SharedInfrastructure
    """Where they run."""
    target_group_arns: Mapping[str, pulumi.Input[str]]
    """Target group by service, where it has one."""
    listening: Sequence[pulumi.Resource]
    """Listeners that forward to the target groups: ECS takes none without."""


class AirflowServices(Component):
    """Makes an `AirflowService` for each task."""

    service_names: Mapping[str, pulumi.Output[str]]
    """Name of the ECS service by Airflow component; those that share a task share the service."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by Airflow component."""
    task_role_arns: Mapping[str, pulumi.Output[str]]
    """IAM role of the tasks by Airflow component."""

    def __init__(
        self, name: str, args: AirflowServicesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        services: dict[str, AirflowService] = {}
        for together in roles.tasks(args.settings):
            service = self._service(together)
            services |= dict.fromkeys((role.name for role in together), service)
        self.service_names = {role: service.service_name for role, service in services.items()}
        self.log_groups = {role: service.log_group for role, service in services.items()}
        self.task_role_arns = {role: service.task_role_arn for role, service in services.items()}
        self._register()

    def _service(self, together: Sequence[Role]) -> AirflowService:
        role, args = together[0], self._args
        size = args.settings.role(role.name)
        target_group_arn = args.target_group_arns.get(role.name)
        return AirflowService(
            f"{self._name}-{role.name}",
            AirflowServiceArgs(
                task=args.tasks.args(*together, size=size, health_check=True),
                placement=args.shared.placement,
                security_group_ids=args.shared.task_security_group_ids(role.name),
                count=args.settings.count(role.name),
                spot=size.spot,
                may_move=not any(one.keeps_tasks for one in together),
                namespace_id=args.shared.cluster.namespace_id if role.name == roles.API_SERVER else None,
                private_name=roles.EXECUTION_API,
                target_group_arn=target_group_arn,
            ),
            self._child(
                pulumi.ResourceOptions(depends_on=args.listening if target_group_arn is not None else [])
            ),
        )
