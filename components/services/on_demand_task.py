"""A task that a service starts whenever it wants one, such as AwsEcsExecutor's for each Airflow task."""

from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..model.aws.started_task import StartedTask
from .placement import PlacedTask
from .task_definition import TaskDefinition


@dataclass(frozen=True, kw_only=True)
class OnDemandTaskArgs:
    """What an `OnDemandTask` is made from."""

    task: PlacedTask
    """What runs, and where."""


class OnDemandTask(Component):
    """Makes a task definition and starts nothing, so it costs nothing by itself."""

    log_group: pulumi.Output[str]
    """Name of its log group."""
    task_role_arn: pulumi.Output[str]
    """The role that its tasks run with."""

    def __init__(self, name: str, args: OnDemandTaskArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._placement = args.task.placement
        task = self._task = TaskDefinition(name, args.task.definition, self._child())
        self.log_group = task.log_group
        self.task_role_arn = task.task_role_arn
        self._register()

    @property
    def started(self) -> pulumi.Output[StartedTask]:
        """What the service that starts it must know."""
        task, placement = self._task, self._placement
        return pulumi.Output.all(
            task_definition_arn=task.task_definition_arn,
            execution_role_arn=task.execution_role_arn,
            task_role_arn=task.task_role_arn,
            subnet_ids=placement.subnet_ids,
            security_group_ids=placement.security_group_ids,
            assign_public_ip=placement.assign_public_ip,
        ).apply(lambda known: StartedTask(**known))
