# pyright: basic
# boto3's answers have no types.
"""Snapshots of RDS hold the data of their moment, and an instance that is restored from one has it.

Not proved: how long AWS takes. Copies are of files on this machine.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from botocore.exceptions import ClientError

from .conftest import client, wait
from .test_servers import PASSWORD, connect, is_gone, until_available

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Stage

RESTORE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html"
CREATE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSnapshot.html"
DELETE = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBInstance.html"
ENCRYPTION = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html"
PROVIDER = "https://github.com/hashicorp/terraform-provider-aws/issues/473"


@pytest.fixture(scope="module")
def key(stage: Stage) -> str:
    """Give a customer managed key."""
    return client(stage.environment, "kms").create_key()["KeyMetadata"]["Arn"]


@pytest.fixture(scope="module")
def source(stage: Stage, key: str) -> Iterator[dict[str, Any]]:
    """Create an encrypted instance with one row."""
    name = stage.name("source")
    stage.rds.create_db_instance(
        DBInstanceIdentifier=name, Engine="postgres", EngineVersion="17.5", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="chief", MasterUserPassword=PASSWORD, DBName="app",
        StorageEncrypted=True, KmsKeyId=key, DeletionProtection=False, CopyTagsToSnapshot=True,
        Tags=[{"Key": "of", "Value": "source"}],
    )  # fmt: skip
    found = until_available(stage, name)
    with connect(stage, found) as connection:
        connection.execute("CREATE TABLE kept (i int); INSERT INTO kept VALUES (1)")
    yield found
    stage.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


@pytest.fixture(scope="module")
def snapshot(stage: Stage, source: dict[str, Any]) -> str:
    """Take a snapshot, and then add another row."""
    name = stage.name("snapshot")
    taken = stage.rds.create_db_snapshot(
        DBInstanceIdentifier=source["DBInstanceIdentifier"], DBSnapshotIdentifier=name
    )["DBSnapshot"]
    assert taken["Status"] == "creating"
    found = available(stage, name)
    assert (found["Encrypted"], found["KmsKeyId"]) == (True, source["KmsKeyId"])
    until_available(stage, source["DBInstanceIdentifier"])
    with connect(stage, source) as connection:
        connection.execute("INSERT INTO kept VALUES (2)")
    return name


def available(stage: Stage, name: str) -> dict[str, Any]:
    """Wait for a snapshot."""

    def found() -> dict[str, Any]:
        return stage.rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"][0]

    wait(lambda: found()["Status"] == "available", found)
    return found()


def restored(stage: Stage, snapshot: str, name: str = "", **more: Any) -> dict[str, Any]:
    """Restore a snapshot as a new instance, and wait for it."""
    name = name or stage.name("restored")
    made = stage.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=name, DBSnapshotIdentifier=snapshot, **more
    )["DBInstance"]
    assert made["DBInstanceStatus"] == "creating"
    return until_available(stage, name)


def rows(stage: Stage, database: dict[str, Any], **more: Any) -> list[int]:
    """Read what is kept."""
    with connect(stage, database, **more) as connection:
        return [i for (i,) in connection.execute("SELECT i FROM kept ORDER BY i")]


@pytest.mark.conformance(
    operation="rds:CreateDBSnapshot",
    says="A snapshot has the data of the moment when it was taken.",
    source=CREATE,
)
@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="The new instance has the snapshot's data, class, storage, key and master user with its password.",
    source=RESTORE,
)
@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="Deletion protection, groups and tags are not the old instance's, unless they are given.",
    source=RESTORE,
)
def test_a_restored_instance_has_the_data_of_the_snapshot(
    stage: Stage, source: dict[str, Any], snapshot: str, key: str
) -> None:
    """Not what came after it; and the source goes on."""
    found = restored(stage, snapshot)
    assert rows(stage, found) == [1]
    assert rows(stage, source) == [1, 2]
    same = ("DBInstanceClass", "AllocatedStorage", "MasterUsername", "Engine", "StorageEncrypted", "DBName")
    assert {one: found[one] for one in same} == {one: source[one] for one in same}
    assert found["KmsKeyId"] == key
    assert (found["DeletionProtection"], found["MultiAZ"], found.get("TagList", [])) == (False, False, [])
    assert found["DbiResourceId"] != source["DbiResourceId"]
    stage.rds.delete_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    assert available(stage, snapshot), "an instance that goes leaves the snapshot"


@pytest.mark.conformance(
    operation="rds:DeleteDBInstance",
    says="A final snapshot has the data of the deleted instance.",
    source=DELETE,
)
@pytest.mark.conformance(
    operation="rds:CreateDBInstance",
    says="The endpoint comes back with the instance's name: the rest is of the account and region.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.DBInstance.html",
)
@pytest.mark.conformance(
    operation="rds:ModifyDBInstance",
    says="Of a restored instance RDS can manage the master user's password from then on.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html",
)
def test_a_final_snapshot_is_restored_with_a_new_managed_password(stage: Stage, snapshot: str) -> None:
    """The old secret is gone with its instance; the provider turns management on after the restore."""
    first = restored(stage, snapshot)
    with connect(stage, first) as connection:
        connection.execute("INSERT INTO kept VALUES (3)")
    last, name = stage.name("final"), first["DBInstanceIdentifier"]
    stage.rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=last)
    wait(lambda: is_gone(stage, name))
    available(stage, last)
    second = restored(stage, last, name=name)
    assert second["Endpoint"]["Address"] == first["Endpoint"]["Address"]
    stage.rds.modify_db_instance(
        DBInstanceIdentifier=second["DBInstanceIdentifier"],
        ManageMasterUserPassword=True,
        ApplyImmediately=True,
    )
    second = until_available(stage, second["DBInstanceIdentifier"])
    secrets = client(stage.environment, "secretsmanager")
    value = secrets.get_secret_value(SecretId=second["MasterUserSecret"]["SecretArn"])["SecretString"]
    assert rows(stage, second, password=json.loads(value)["password"]) == [1, 3]
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(stage, second)
    stage.rds.delete_db_instance(DBInstanceIdentifier=second["DBInstanceIdentifier"], SkipFinalSnapshot=True)


@pytest.mark.conformance(
    operation="rds:CopyDBSnapshot", says="A copy has the data, and may have another key.", source=ENCRYPTION
)
@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="A snapshot whose key is disabled, or about to be deleted, is not restored.",
    error="KMSKeyNotAccessibleFault",
    source=ENCRYPTION,
)
def test_a_snapshot_is_as_good_as_its_key(stage: Stage, snapshot: str) -> None:
    """With the key back, it is restored again."""
    kms, name = client(stage.environment, "kms"), stage.name("copy")
    other = kms.create_key()["KeyMetadata"]["Arn"]
    stage.rds.copy_db_snapshot(
        SourceDBSnapshotIdentifier=snapshot, TargetDBSnapshotIdentifier=name, KmsKeyId=other
    )
    assert available(stage, name)["KmsKeyId"] == other
    kms.schedule_key_deletion(KeyId=other.rpartition("/")[2], PendingWindowInDays=7)
    with pytest.raises(ClientError, match="KMSKeyNotAccessibleFault"):
        restored(stage, name)
    kms.cancel_key_deletion(KeyId=other.rpartition("/")[2])
    with pytest.raises(ClientError, match="KMSKeyNotAccessibleFault"):
        restored(stage, name)  # AWS leaves it disabled
    kms.enable_key(KeyId=other.rpartition("/")[2])
    found = restored(stage, name)
    assert rows(stage, found) == [1]
    stage.rds.delete_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier=name)
    assert not (stage.home / "rds-snapshots" / f"us-east-1-{name}").exists()


@pytest.mark.conformance(
    operation="rds:CreateDBSnapshot",
    says="Only an instance that is available is backed up.",
    error="InvalidDBInstanceState",
    source=CREATE,
)
@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="A snapshot that is still being made is not restored.",
    error="InvalidDBSnapshotState",
    source=RESTORE,
)
@pytest.mark.conformance(
    operation="rds:DeleteDBSnapshot",
    says="A snapshot that is still being made is not deleted.",
    error="InvalidDBSnapshotState",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSnapshot.html",
)
def test_what_is_still_being_made_can_be_used_for_nothing(stage: Stage, source: dict[str, Any]) -> None:
    """Neither the snapshot nor, for a second one, its instance."""
    name, first, second = source["DBInstanceIdentifier"], stage.name("snapshot"), stage.name("snapshot")
    until_available(stage, name)
    stage.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=first)
    with pytest.raises(ClientError, match="InvalidDBInstanceState"):
        stage.rds.create_db_snapshot(DBInstanceIdentifier=name, DBSnapshotIdentifier=second)
    with pytest.raises(ClientError, match="InvalidDBSnapshotState"):
        stage.rds.restore_db_instance_from_db_snapshot(
            DBInstanceIdentifier=second, DBSnapshotIdentifier=first
        )
    with pytest.raises(ClientError, match="InvalidDBSnapshotState"):
        stage.rds.delete_db_snapshot(DBSnapshotIdentifier=first)
    available(stage, first)
    until_available(stage, name)


@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="For PostgreSQL a restore takes neither the name of a database nor a managed password.",
    source=PROVIDER,
)
@pytest.mark.conformance(
    operation="rds:RestoreDBInstanceFromDBSnapshot",
    says="The new instance has at least as much storage as the snapshot.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html",
)
@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"DBName": "app"}, "DBName must be null when Restoring for this Engine"),
        ({"ManageMasterUserPassword": True}, "RDS for Oracle only"),
        ({"AllocatedStorage": 10}, "can't be less than the source snapshot"),
    ],
)
def test_a_restore_changes_not_everything(
    stage: Stage, snapshot: str, given: dict[str, Any], error: str
) -> None:
    """No instance is made then."""
    with pytest.raises(ClientError, match=error):
        restored(stage, snapshot, **given)


def test_a_restore_to_a_point_in_time_is_refused(stage: Stage, source: dict[str, Any]) -> None:
    """An instance without data would be more than AWS gives; there are no automated snapshots either."""
    name = source["DBInstanceIdentifier"]
    with pytest.raises(ClientError, match="UnsupportedOperation"):
        stage.rds.restore_db_instance_to_point_in_time(
            SourceDBInstanceIdentifier=name, TargetDBInstanceIdentifier="x", UseLatestRestorableTime=True
        )
    assert stage.rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"] == []


@pytest.mark.conformance(
    operation="rds:StopDBInstance",
    says="A snapshot can be taken before an instance stops.",
    source="https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StopDBInstance.html",
)
def test_a_stopped_instance_leaves_a_snapshot_if_asked(stage: Stage, snapshot: str) -> None:
    """And starts again."""
    found, name = restored(stage, snapshot), stage.name("stopped")
    stage.rds.stop_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], DBSnapshotIdentifier=name)
    available(stage, name)
    stage.rds.start_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"])
    until_available(stage, found["DBInstanceIdentifier"])
    assert rows(stage, found) == [1]
    stage.rds.delete_db_instance(DBInstanceIdentifier=found["DBInstanceIdentifier"], SkipFinalSnapshot=True)
