# pyright: basic
# moto has no types for its backends.
"""Snapshots that hold data: made, copied, deleted and restored under AWS's conditions.

moto copies what is known of an instance. There are no automated backups, so an instance cannot be restored
to a point in time.
https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from moto.rds.exceptions import (
    InvalidParameterCombination,
    InvalidParameterValue,
    KMSKeyNotAccessibleFault,
    RDSClientError,
)
from moto.rds.models import DBInstance, RDSBackend

if TYPE_CHECKING:
    from moto.rds.models import DBSnapshot

    from embedded_aws.account.moto_patches.rds import Databases

RESTORED_FROM: Final = "restored_from"
"""Among the parameters of a new instance: the snapshot that its data comes from."""
_KEPT: Final = (
    *("allocated_storage", "auto_minor_version_upgrade", "backup_retention_period", "db_instance_class"),
    *("db_name", "engine", "engine_version", "iops", "license_model", "master_username", "port"),
    *("preferred_backup_window", "preferred_maintenance_window", "storage_type"),
)
"""What a restored instance has of the one that the snapshot was made of, unless it is given something else.

Neither its groups, standby, protection and exports, nor the tags and the secret of the master user.
"""
_NO_SNAPSHOT: Final = ("creating", "failed", "incompatible-parameters", "incompatible-restore")
"""States in which an instance is deleted without a last snapshot, or not at all."""

_create, _copy, _delete = (
    RDSBackend.create_db_snapshot,
    RDSBackend.copy_db_snapshot,
    RDSBackend.delete_db_snapshot,
)


def last_of(backend: RDSBackend, given: dict[str, Any]) -> DBSnapshot | None:
    """Make the snapshot that a deletion asks for, if it will delete; moto makes none then."""
    instance = backend.databases.get(given["db_instance_identifier"])
    if instance is not None and instance.status == "deleting":
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {instance.db_instance_identifier} is already being deleted.",
        )
    last = given.pop("final_db_snapshot_identifier", None)
    if given.get("skip_final_snapshot"):
        if last:
            raise InvalidParameterCombination(
                "FinalDBSnapshotIdentifier can not be specified when deleting with SkipFinalSnapshot."
            )
        return None
    given["skip_final_snapshot"] = True
    if instance is None or instance.deletion_protection:
        return None  # moto refuses
    if instance.status in _NO_SNAPSHOT:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {instance.db_instance_identifier} is currently {instance.status} - a final snapshot "
            "cannot be taken.",
        )
    return _create(backend, instance.db_instance_identifier, last)


def of_stopped(backend: RDSBackend, identifier: str, name: str | None) -> DBSnapshot | None:
    """Make the snapshot that StopDBInstance asks for, if it will stop the instance."""
    instance = backend.databases.get(identifier)
    if not name or instance is None or instance.status != "available":
        return None
    return _create(backend, identifier, name)


def install(databases: Databases) -> None:
    """Let snapshots hold data."""

    def create_db_snapshot(
        self: RDSBackend, db_instance_identifier: str, *args: Any, **kwargs: Any
    ) -> DBSnapshot:
        instance = self.databases.get(db_instance_identifier)
        if instance is not None and instance.status != "available":
            raise RDSClientError(
                "InvalidDBInstanceState",
                f"Cannot create a snapshot because the database instance {db_instance_identifier} is not "
                "currently in the available state.",
            )
        snapshot = _create(self, db_instance_identifier, *args, **kwargs)
        databases.back_up(self.databases[db_instance_identifier], snapshot)
        return snapshot

    def copy_db_snapshot(self: RDSBackend, *args: Any, **kwargs: Any) -> DBSnapshot:
        source = self.get_db_snapshot(kwargs["source_db_snapshot_identifier"])
        _require_available(source)
        _require_key(self, source.kms_key_id)
        _require_key(self, kwargs.get("kms_key_id"))
        snapshot = _copy(self, *args, **kwargs)
        databases.copy(source, snapshot)
        return snapshot

    def delete_db_snapshot(self: RDSBackend, db_snapshot_identifier: str) -> DBSnapshot:
        snapshot = self.database_snapshots.get(db_snapshot_identifier)
        if snapshot is not None and snapshot.status == "creating":
            _require_available(snapshot)
        deleted = _delete(self, db_snapshot_identifier)
        databases.forget_snapshot(deleted)
        return deleted

    def restore_db_instance_from_db_snapshot(
        self: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]
    ) -> DBInstance:
        snapshot = self.get_db_snapshot(from_snapshot_id)
        given = {name: value for name, value in overrides.items() if value is not None}
        del given["db_snapshot_identifier"]
        _check_restore(self, snapshot, given)
        kept = {name: getattr(snapshot.database, name) for name in _KEPT}
        encrypted = {"storage_encrypted": snapshot.encrypted, "kms_key_id": snapshot.kms_key_id}
        held = databases.data_of(snapshot).exists()
        return self.create_db_instance(
            {**kept, **encrypted, **given, **({RESTORED_FROM: snapshot} if held else {})}
        )

    def restore_db_instance_to_point_in_time(self: RDSBackend, *_: Any) -> DBInstance:
        raise NotImplementedError("there are no automated backups")

    for function in (
        create_db_snapshot,
        copy_db_snapshot,
        delete_db_snapshot,
        restore_db_instance_from_db_snapshot,
        restore_db_instance_to_point_in_time,
    ):
        setattr(RDSBackend, function.__name__, function)
    model: Any = DBInstance
    model.save_automated_backup = lambda _: None


def _check_restore(backend: RDSBackend, snapshot: DBSnapshot, given: dict[str, Any]) -> None:
    """Refuse what cannot be restored, and what cannot be changed on the way."""
    _require_available(snapshot)
    _require_key(backend, snapshot.kms_key_id)
    if given.get("engine", snapshot.engine) != snapshot.engine:
        raise InvalidParameterValue("The restored instance must have the engine of the snapshot.")
    if given.get("db_name"):
        # The words: https://github.com/hashicorp/terraform-provider-aws/issues/473
        raise InvalidParameterValue("DBName must be null when Restoring for this Engine.")
    if "manage_master_user_password" in given or "master_user_secret_kms_key_id" in given:
        raise InvalidParameterCombination(
            "ManageMasterUserPassword applies to RDS for Oracle only when restoring a DB instance."
        )
    if given.get("allocated_storage", snapshot.allocated_storage) < snapshot.allocated_storage:
        raise InvalidParameterValue(
            "The allocated storage size can't be less than the source snapshot or backup size."
        )


def _require_available(snapshot: DBSnapshot) -> None:
    if snapshot.status != "available":
        raise RDSClientError(
            "InvalidDBSnapshotState",
            f"The snapshot {snapshot.db_snapshot_identifier} is in the state {snapshot.status}, and must be "
            "available.",
        )


def _require_key(backend: RDSBackend, key_id: str | None) -> None:
    """Refuse a key of the account's that is disabled, or about to be deleted; AWS's own always is there."""
    if key_id is None or not key_id.startswith("arn:"):
        return
    region, key = key_id.split(":")[3], key_id.rpartition("/")[2]
    found = backend.get_backend("kms", region).keys.get(key)
    if found is None or not found.enabled or found.key_state != "Enabled":
        raise KMSKeyNotAccessibleFault(key_id)
