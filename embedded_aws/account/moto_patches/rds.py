# pyright: basic
# moto has no types for its backends.
"""moto's RDS with the servers of `account.rds`, and the settings of an instance that moto forgets."""

from __future__ import annotations

import secrets
import shutil
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends
from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend, rds_backends

from embedded_aws.account.moto_patches import rds_snapshots
from embedded_aws.account.moto_patches.rds_snapshots import RESTORED_FROM
from embedded_aws.account.rds import Saved, Server

_update_parameters = DBParameterGroup.update_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from moto.rds.models import DBSnapshot

    from embedded_aws.account.account import Account

_PARAMETERS_MOTO_DROPS = {
    "enable_performance_insights": "performance_insights_enabled",
    "engine_lifecycle_support": "engine_lifecycle_support",
    "performance_insights_kms_key_id": "performance_insights_kms_key_id",
    "performance_insights_retention_period": "performance_insights_retention_period",
}
"""Request parameters that moto does not keep, and the answer's fields for them."""

_NEW_PASSWORDS = ("master_user_password", "manage_master_user_password", "rotate_master_user_password")


class Databases:
    """The servers of all instances."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._servers: dict[DBInstance, Server] = {}

    def of(self, instance: DBInstance) -> Server | None:
        """Return an instance's server; None: it is of another engine."""
        return self._servers.get(instance)

    def create(self, instance: DBInstance, snapshot: Any = None) -> None:
        """Give a new PostgreSQL instance its server, with the data of a snapshot if there is one."""
        if instance.engine != "postgres":
            return
        if snapshot is None:
            self._servers[instance] = server = Server(self._account, instance)
            server.create()
        else:
            state = Saved.new(self._account, instance, snapshot.admin_password)
            self._servers[instance] = server = Server(self._account, instance, state)
            server.restore(self.data_of(snapshot))

    def data_of(self, snapshot: DBSnapshot) -> Path:
        """Return where a snapshot's files are."""
        return self._account.home / "rds-snapshots" / f"{snapshot.region}-{snapshot.db_snapshot_identifier}"

    def back_up(self, instance: DBInstance, snapshot: DBSnapshot) -> None:
        """Copy the data of an instance that runs into a new snapshot."""
        if server := self._begin(instance, snapshot):
            server.back_up(
                self.data_of(snapshot),
                partial(_set_status, snapshot, "available"),
                partial(_set_status, snapshot, "failed"),
            )

    def stop(self, instance: DBInstance, snapshot: DBSnapshot | None) -> None:
        """End the server of a stopped instance, and copy its data into a snapshot, if there is one."""
        server = self._begin(instance, snapshot) if snapshot else self.of(instance)
        if server and snapshot:
            server.leave(self.data_of(snapshot), deleted=False)
            snapshot.status = "available"
        elif server:
            server.end()

    def _begin(self, instance: DBInstance, snapshot: Any) -> Server | None:
        """Let a snapshot be made of an instance with a server."""
        if server := self.of(instance):
            snapshot.status = "creating"
            snapshot.admin_password = server.saved.admin_password
            self.data_of(snapshot).parent.mkdir(exist_ok=True)
        return server

    def copy(self, source: Any, snapshot: Any) -> None:
        """Copy a snapshot's data into another one."""
        if not self.data_of(source).exists():
            return
        snapshot.status, snapshot.admin_password = "creating", source.admin_password

        def work() -> None:
            unfinished = self.data_of(snapshot).with_suffix(".part")
            shutil.copytree(self.data_of(source), unfinished)
            unfinished.rename(self.data_of(snapshot))
            snapshot.status = "available"

        threading.Thread(target=work, daemon=True).start()

    def forget_snapshot(self, snapshot: DBSnapshot) -> None:
        """Remove a deleted snapshot's data."""
        shutil.rmtree(self.data_of(snapshot), ignore_errors=True)

    def saved(self) -> list[tuple[DBInstance, Saved]]:
        """Return what outlives the servers."""
        return [(instance, server.saved) for instance, server in list(self._servers.items())]

    def resume(self, saved: Iterable[tuple[DBInstance, Saved]]) -> None:
        """Start the servers of an earlier process of the account; data that no instance has is removed."""
        for instance, state in saved:
            if instance.status == "deleting":  # the account ended in between
                instance.backend.databases.pop(instance.db_instance_identifier, None)
                continue
            self._account.addresses.reserve([state.address])
            self._servers[instance] = Server(self._account, instance, state)
        folders = {server.folder for server in self._servers.values()}
        for folder in set(self._account.home.glob("rds/*")) - folders:
            shutil.rmtree(folder)
        self._resume_snapshots()
        for server in self._servers.values():
            server.resume()

    def _resume_snapshots(self) -> None:
        """Say of snapshots that were being made that they failed; data that no snapshot has is removed."""
        found = [one for backend in _backends() for one in backend.database_snapshots.values()]
        for snapshot in found:
            if snapshot.status == "creating":
                snapshot.status = "available" if self.data_of(snapshot).exists() else "failed"
        for folder in set(self._account.home.glob("rds-snapshots/*")) - {self.data_of(one) for one in found}:
            shutil.rmtree(folder)

    def forget(self, instance: DBInstance, snapshot: Any = None) -> None:
        """End a deleted instance's server; its data goes into its last snapshot, if there is one.

        Until that is done the instance is there, and nobody else has its name.
        """
        server = self._begin(instance, snapshot) if snapshot else self.of(instance)
        if server is None:
            return
        databases = instance.backend.databases
        databases[instance.db_instance_identifier] = instance

        def work() -> None:
            if snapshot:
                server.leave(self.data_of(snapshot), deleted=True)
                snapshot.status = "available"
            server.forget()
            del self._servers[instance], databases[instance.db_instance_identifier]

        threading.Thread(target=work, daemon=True).start()

    def end(self) -> None:
        """End all servers."""
        enders = [threading.Thread(target=server.end) for server in self._servers.values()]
        for ender in enders:
            ender.start()
        for ender in enders:
            ender.join()


def install(account: Account) -> Databases:  # noqa: C901 - six small replacements, read in a row
    """Let moto's RDS have real servers."""
    databases = Databases(account)
    create, modify, delete = (
        RDSBackend.create_db_instance,
        RDSBackend.modify_db_instance,
        RDSBackend.delete_db_instance,
    )
    stop, start, reboot = (
        RDSBackend.stop_db_instance,
        RDSBackend.start_db_instance,
        RDSBackend.reboot_db_instance,
    )
    model: Any = DBInstance
    address = model.address.fget

    def create_db_instance(self: RDSBackend, db_kwargs: dict[str, Any]) -> DBInstance:
        snapshot = db_kwargs.pop(RESTORED_FROM, None)
        instance = create(self, db_kwargs)
        instance.dbi_resource_id = f"db-{secrets.token_hex(13).upper()}"  # moto has one for all
        _keep(instance, db_kwargs)
        _export_logs(instance)
        databases.create(instance, snapshot)
        return instance

    def modify_db_instance(self: RDSBackend, identifier: str, db_kwargs: dict[str, Any]) -> DBInstance:
        instance = modify(self, identifier, db_kwargs)
        _keep(instance, db_kwargs)
        server = databases.of(instance)
        if server is not None and any(db_kwargs.get(name) for name in _NEW_PASSWORDS):
            server.set_master_password()
        return instance

    def delete_db_instance(self: RDSBackend, *args: Any, **kwargs: Any) -> DBInstance:
        if not (kwargs.get("final_db_snapshot_identifier") or kwargs.get("skip_final_snapshot")):
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
            )
        last = rds_snapshots.last_of(self, kwargs)
        instance = delete(self, *args, **kwargs)
        databases.forget(instance, last)
        return instance

    def stop_db_instance(
        self: RDSBackend, identifier: str, db_snapshot_identifier: str | None = None
    ) -> DBInstance:
        snapshot = rds_snapshots.of_stopped(self, identifier, db_snapshot_identifier)
        instance = stop(self, identifier)
        databases.stop(instance, snapshot)
        return instance

    def start_db_instance(self: RDSBackend, identifier: str) -> DBInstance:
        instance = start(self, identifier)
        if server := databases.of(instance):
            server.start()
        return instance

    def reboot_db_instance(self: RDSBackend, identifier: str) -> DBInstance:
        instance = reboot(self, identifier)
        if server := databases.of(instance):
            server.restart()
        return instance

    for function in (
        create_db_instance,
        modify_db_instance,
        delete_db_instance,
        stop_db_instance,
        start_db_instance,
        reboot_db_instance,
    ):
        setattr(RDSBackend, function.__name__, function)
    DBParameterGroup.update_parameters = _of_the_user
    rds_snapshots.install(databases)
    model.address = property(lambda self: server.name if (server := databases.of(self)) else address(self))
    return databases


def _backends() -> Iterable[RDSBackend]:
    return [backend for of_account in rds_backends.values() for backend in of_account.values()]


def _set_status(snapshot: DBSnapshot, status: str) -> None:
    snapshot.status = status


def _of_the_user(self: DBParameterGroup, new_parameters: Any) -> None:
    """Say that a parameter was set by the user: a client reads back those only."""
    _update_parameters(self, new_parameters)
    for parameter in self.parameters.values():
        parameter["Source"] = "user"


def _keep(instance: DBInstance, given: dict[str, Any]) -> None:
    for parameter, name in _PARAMETERS_MOTO_DROPS.items():
        if given.get(parameter) is not None:
            setattr(instance, name, given[parameter])


def _export_logs(instance: DBInstance) -> None:
    """Create the log groups of an instance's exports that are not there: they have no retention, and stay.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
    """
    logs = logs_backends[instance.account_id][instance.region]
    for log in instance.enabled_cloudwatch_logs_exports:
        name = f"/aws/rds/instance/{instance.db_instance_identifier}/{log}"
        if name not in logs.groups:
            logs.create_log_group(name, {})
