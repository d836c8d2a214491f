"""The task that a schedule starts to remove old rows from Airflow's database."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.aws import fargate
from ..model.iam import iam_documents
from ..services.placement import PlacedTask
from ..services.task_definition import TaskDefinition

RETRIES = 3
LATEST_START_SECONDS = 3600
"""A start that fails is tried again for this long. The next one cleans up the same, so there is no queue of
failed ones to read: EventBridge Scheduler's metrics count them."""


@dataclass(frozen=True, kw_only=True)
class DatabaseMaintenanceArgs:
    """What a `DatabaseMaintenance` is made from."""

    task: PlacedTask
    """What runs, and where."""
    schedule: str
    """When it runs, UTC: `cron(...)` or `rate(...)` as EventBridge Scheduler takes them."""


class DatabaseMaintenance(Component):
    """Makes a task definition, a schedule, and a role that may start just this task.

    Costs nothing when idle, and a minute of the smallest task each time.
    """

    log_group: pulumi.Output[str]
    """Name of its log group."""
    family: pulumi.Output[str]
    """Family of its task definition."""

    def __init__(
        self, name: str, args: DatabaseMaintenanceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, opts)
        task = TaskDefinition(name, args.task.definition, self._child())
        self._schedule(name, args, task, self._role(name, args, task))
        self.log_group, self.family = task.log_group, task.family
        self._register()

    def _role(self, name: str, args: DatabaseMaintenanceArgs, task: TaskDefinition) -> aws.iam.Role:
        document = pulumi.Output.all(
            cluster_arn=args.task.placement.cluster_arn,
            task_definition_arn=task.task_definition_arn,
            execution_role_arn=task.execution_role_arn,
            task_role_arn=task.task_role_arn,
        ).apply(lambda known: iam_documents.start_task(**known))
        return args.task.definition.defaults.role(
            f"{name}-schedule", service="scheduler.amazonaws.com", document=document, opts=self._child()
        )

    def _schedule(
        self, name: str, args: DatabaseMaintenanceArgs, task: TaskDefinition, role: aws.iam.Role
    ) -> aws.scheduler.Schedule:
        placement = args.task.placement
        return aws.scheduler.Schedule(
            name,
            schedule_expression=args.schedule,
            flexible_time_window={"mode": "OFF"},
            target={
                "arn": placement.cluster_arn,
                "role_arn": role.arn,
                "ecs_parameters": {
                    "task_definition_arn": task.task_definition_arn,
                    "launch_type": fargate.LAUNCH_TYPE,
                    "network_configuration": {
                        "subnets": [*placement.subnet_ids],
                        "security_groups": [*placement.security_group_ids],
                        "assign_public_ip": placement.assign_public_ip,
                    },
                },
                "retry_policy": {
                    "maximum_event_age_in_seconds": LATEST_START_SECONDS,
                    "maximum_retry_attempts": RETRIES,
                },
            },
            # Its roles' policies are part of it: a start without them fails.
            opts=self._child(pulumi.ResourceOptions(depends_on=[task])),
        )
