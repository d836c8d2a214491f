# pyright: basic
# moto has no types for its backends.
"""moto's RDS with the servers of `account.rds`, and the settings of an instance that moto forgets."""

from __future__ import annotations

import secrets
import shutil
import threading
from typing import TYPE_CHECKING, Any

from moto.logs.models import logs_backends
from moto.rds.exceptions import InvalidParameterCombination
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend

from embedded_aws.account.rds import Saved, Server

_update_parameters = DBParameterGroup.update_parameters

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from embedded_aws.account.account import Account
    from embedded_aws.account.cloudwatch.service_metrics import Sample

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

    def create(self, instance: DBInstance) -> None:
        """Give a new PostgreSQL instance its server."""
        if instance.engine == "postgres":
            self._servers[instance] = server = Server(self._account, instance)
            server.create()

    def samples(self) -> Iterator[Sample]:
        """Measure all instances."""
        for server in list(self._servers.values()):
            yield from server.samples()

    def saved(self) -> list[tuple[DBInstance, Saved]]:
        """Return what outlives the servers."""
        return [(instance, server.saved) for instance, server in list(self._servers.items())]

    def resume(self, saved: Iterable[tuple[DBInstance, Saved]]) -> None:
        """Start the servers of an earlier process of the account; data that no instance has is removed."""
        for instance, state in saved:
            self._account.addresses.reserve([state.address])
            self._servers[instance] = Server(self._account, instance, state)
        folders = {server.folder for server in self._servers.values()}
        for folder in set(self._account.home.glob("rds/*")) - folders:
            shutil.rmtree(folder)
        for server in self._servers.values():
            server.resume()

    def forget(self, instance: DBInstance) -> None:
        """End a deleted instance's server."""
        server = self._servers.pop(instance, None)
        if server is not None:
            threading.Thread(target=server.forget, daemon=True).start()

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
        instance = create(self, db_kwargs)
        instance.dbi_resource_id = f"db-{secrets.token_hex(13).upper()}"  # moto has one for all
        _keep(instance, db_kwargs)
        _export_logs(instance)
        databases.create(instance)
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
        instance = delete(self, *args, **kwargs)
        databases.forget(instance)
        return instance

    def stop_db_instance(self: RDSBackend, *args: Any, **kwargs: Any) -> DBInstance:
        instance = stop(self, *args, **kwargs)
        if server := databases.of(instance):
            server.end()
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
    model.address = property(lambda self: server.name if (server := databases.of(self)) else address(self))
    return databases


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
