"""What is done to Airflow's database besides running Airflow: migrating it, and cleaning it by a schedule."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from ..base.component import Component
from ..data.storage import Storage
from ..model.airflow_objects.airflow_objects import AirflowObjects
from ..model.services import roles
from ..services.foundation import Foundation
from ..services.role_tasks import RoleTasks
from .maintenance import Maintenance, MaintenanceArgs
from .migration import Migration, MigrationArgs


@dataclass(frozen=True, kw_only=True)
class UpkeepArgs:
    """What an `Upkeep` is made from."""

    tasks: RoleTasks
    """What all roles of the cluster share; their settings say whether, and when, the database is cleaned."""
    foundation: Foundation
    """Where tasks run, and what lets them reach the database."""
    objects: AirflowObjects | None
    """Connections, variables and pools to apply, if a file names any."""
    storage: Storage
    """The buckets, one of which carries them."""


class Upkeep(Component):
    """Makes the `Migration` and, where old rows are to go, the `Maintenance`."""

    schedule_name: pulumi.Output[str] | None
    """Name of the schedule that cleans the database, if there is one."""
    log_groups: Mapping[str, pulumi.Output[str]]
    """Name of the log group by task."""

    def __init__(self, name: str, args: UpkeepArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        migrating = roles.migration(args.tasks.settings)
        self.migration = self._migrate(migrating)
        log_groups, self.schedule_name = {migrating.name: self.migration.log_group}, None
        if cleaning := roles.maintenance(args.tasks.settings):
            maintenance = self._clean(cleaning)
            log_groups[cleaning.name], self.schedule_name = maintenance.log_group, maintenance.schedule_name
        self.log_groups = log_groups
        self._register()

    def _migrate(self, role: roles.Role) -> Migration:
        args = self._args
        return Migration(
            f"{self._name}-{role.name}",
            MigrationArgs(
                task=args.tasks.args(role, size=roles.MIGRATION_SIZE, health_check=False),
                placement=args.foundation.placement,
                security_group_ids=args.foundation.task_security_group_ids(role.name),
                objects=args.objects,
                storage=args.storage,
            ),
            self._child(),
        )

    def _clean(self, role: roles.Role) -> Maintenance:
        args = self._args
        return Maintenance(
            f"{self._name}-{role.name}",
            MaintenanceArgs(
                task=args.tasks.args(role, size=roles.MAINTENANCE_SIZE, health_check=False),
                placement=args.foundation.placement,
                security_group_ids=args.foundation.task_security_group_ids(role.name),
                schedule=args.tasks.settings.database_clean.schedule,
            ),
            self._child(),
        )
