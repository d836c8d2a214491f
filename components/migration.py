"""The one-off task that brings the database to the image's schema and makes the first user."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from .airflow_task import AirflowTask, AirflowTaskArgs
from .component import Component
from .one_off_task import OneOffTask
from .placement import Placement

MIGRATION_SECONDS = 1800
"""How long a migration may take."""


@dataclass(frozen=True, kw_only=True)
class MigrationArgs:
    """What a `Migration` is made from."""

    task: AirflowTaskArgs
    """What runs."""
    placement: Placement
    """Where it runs."""
    security_group_ids: Sequence[pulumi.Input[str]]
    """Let it reach the database."""


class Migration(Component):
    """Runs once for each image, command and version of its secrets; never in preview, never twice at a time.

    Services depend on it, so none starts on a database that it does not know.

    Errors: `up` fails with the task's exit code and last log lines; what ran before goes on running.
    """

    log_group: pulumi.Output[str]
    """Name of its log group."""

    def __init__(self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        role, placement = args.task.role, args.placement
        task = AirflowTask(name, args.task, self._child())
        OneOffTask(
            name,
            cluster_arn=placement.cluster_arn,
            task_definition_arn=task.task_definition_arn,
            family=task.family,
            container=role.name,
            subnet_ids=placement.subnet_ids,
            security_group_ids=args.security_group_ids,
            assign_public_ip=placement.assign_public_ip,
            log_group=task.log_group,
            access=placement.access,
            timeout_seconds=MIGRATION_SECONDS,
            triggers={
                "command": " ".join(role.command),
                "image": args.task.image_uri,
                "secrets": task.secret_versions,
            },
            # Not before the roles' policies are there, of which the task definition knows nothing.
            opts=self._child(pulumi.ResourceOptions(depends_on=[task])),
        )
        self.log_group = task.log_group
        self._register()
