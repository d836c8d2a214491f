"""`airflow-ecs backup`, `backups` and `restore`: what is kept, what is set, and when it is refused.

moto answers for AWS, a script for `pulumi`. Not proved: that the snapshot has the data, and that `up` makes a
database from it (`tests/engine/test_restore.py`).
"""

import json
from typing import Any

import pytest

from cli import restore
from components.base.dag_versions import DagVersions
from tests.cli import pulumi
from tests.cli.deployed import DIGEST, REGION, Deployed
from tests.helpers.dag_buckets import current_version, make_dag_bucket
from tests.helpers.ecr import put

PREFIX = "airflow-dev-backup-"
VERSION = "a" * 64
KEY = "a-fernet-key"


@pytest.fixture
def database(stack: Deployed) -> str:
    """The stack's own database, key and DAGs."""
    rds = stack.client("rds")
    made = rds.create_db_instance(
        DBInstanceIdentifier="airflow-dev-database-1", Engine="postgres", EngineVersion="17.5",
        DBInstanceClass="db.t4g.micro", AllocatedStorage=30, MasterUsername="dbadmin",
        MasterUserPassword="longenough", Tags=[{"Key": "CostCenter", "Value": "4711"}],
    )["DBInstance"]  # fmt: skip
    secret = stack.client("secretsmanager").create_secret(Name="airflow-dev-fernet-key-1", SecretString=KEY)[
        "ARN"
    ]
    bucket = make_dag_bucket("air-dags")
    bucket.put_object(Bucket="air-dags", Key=f"dags/versions/{VERSION}.tar.gz", Body=b"")
    _versions(stack).move(VERSION, None)
    endpoint = made["Endpoint"]
    stack.knows(
        database_endpoint=f"{endpoint['Address']}:{endpoint['Port']}",
        secret_arns={**stack.outputs["secret_arns"], "fernet-key": secret},
        dags_bucket="air-dags",
    )
    return "airflow-dev-database-1"


def _versions(stack: Deployed) -> DagVersions:
    return DagVersions(stack.client("s3"), "air-dags", "arn:me")


def _destroyed(stack: Deployed, *resources: dict[str, Any], **configuration: str) -> None:
    """Let `pulumi` know a stack with this state."""
    known = {"aws:region": REGION, **{f"airflow-ecs:{key}": value for key, value in configuration.items()}}
    pulumi.install(stack.folder / "bin", outputs=stack.outputs, configuration=known)
    exported = {"version": 3, "deployment": {"resources": [*resources]}}
    (stack.folder / "bin" / "dev" / "stack export").write_text(json.dumps(exported))


def _set(stack: Deployed) -> dict[str, str]:
    """Give the settings that were written, and remove from the record."""
    calls = pulumi.calls(stack.folder / "bin")
    words = [word for one in calls if one.startswith("config set-all") for word in one.split()]
    return dict(word.split("=", 1) for word in words if "=" in word)


def _instance(**more: Any) -> dict[str, Any]:
    return {"type": restore.INSTANCE, "urn": "urn:x::db", "outputs": {}, **more}


def test_a_backup_is_a_snapshot_and_its_key(stack: Deployed, database: str) -> None:
    """The tags of the snapshot name everything; the key is a copy of its own."""
    made = stack.json("backup")
    assert made["name"].startswith(PREFIX)
    (snapshot,) = stack.client("rds").describe_db_snapshots(DBSnapshotIdentifier=made["name"])["DBSnapshots"]
    assert snapshot["DBInstanceIdentifier"] == database
    assert {one["Key"]: one["Value"] for one in snapshot["TagList"]} == {
        "CostCenter": "4711",
        "airflow-ecs:stack": "dev",
        "airflow-ecs:image": f"repo@{DIGEST}",
        "airflow-ecs:dags": VERSION,
        "airflow-ecs:dags-bucket": "air-dags",
        "airflow-ecs:fernet-key": made["fernet_key"],
    }
    secrets = stack.client("secretsmanager")
    assert secrets.get_secret_value(SecretId=made["fernet_key"])["SecretString"] == KEY
    (listed,) = stack.json("backups")
    assert {**listed, "stack": "dev", "deleted": []} == made
    assert stack.run("backups").out.startswith(f"{made['name']}  20")


def test_a_database_that_is_not_its_own_is_refused(stack: Deployed) -> None:
    """In one line; and one that is stopped keeps no key."""
    done = stack.run("backup")
    assert done.code == 2
    assert "its database existing.example.com is not its own" in done.err


def test_old_backups_are_deleted_but_the_one_in_use(stack: Deployed, database: str) -> None:
    """A stack that was restored reads the key of its backup."""
    rds, secrets = stack.client("rds"), stack.client("secretsmanager")
    assert database
    for number in (1, 2, 3):
        key = secrets.create_secret(Name=f"{PREFIX}{number}-fernet-key", SecretString=KEY)["ARN"]
        tags = [{"Key": "airflow-ecs:stack", "Value": "dev"}, {"Key": "airflow-ecs:fernet-key", "Value": key}]
        rds.create_db_snapshot(
            DBInstanceIdentifier=database, DBSnapshotIdentifier=f"{PREFIX}{number}", Tags=tags
        )
    rds.create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier="somebody-elses")
    known = {"aws:region": REGION, "airflow-ecs:databaseSnapshotIdentifier": f"{PREFIX}1"}
    pulumi.install(stack.folder / "bin", outputs=stack.outputs, configuration=known)
    done = stack.json("backup", "--keep", "2")
    assert done["deleted"] == [f"{PREFIX}2"]
    left = {one["DBSnapshotIdentifier"] for one in rds.describe_db_snapshots()["DBSnapshots"]}
    assert {f"{PREFIX}1", f"{PREFIX}3", done["name"], "somebody-elses"} <= left
    assert f"{PREFIX}2" not in left
    assert "DeletedDate" in secrets.describe_secret(SecretId=f"{PREFIX}2-fernet-key")


def test_a_destroyed_stack_is_restored(stack: Deployed, database: str) -> None:
    """Snapshot, key, size and DAGs; what is in the repository of its image too."""
    ecr = stack.client("ecr")
    uri = ecr.create_repository(repositoryName="airflow-dev")["repository"]["repositoryUri"]
    image = f"{uri}@{put(ecr, 'airflow-dev', b'one', 'one')}"
    stack.knows(image_uri=image)
    made = stack.json("backup")
    other = "b" * 64
    stack.client("s3").put_object(Bucket="air-dags", Key=f"dags/versions/{other}.tar.gz", Body=b"")
    _versions(stack).move(other, _versions(stack).current())
    _destroyed(stack)
    done = stack.json("restore", made["name"])
    assert _set(stack) == {
        "databaseSnapshotIdentifier": made["name"],
        "databaseFernetKeySecretArn": made["fernet_key"],
        "databaseStorageGib": "30",
        "imageUri": image,
    }
    assert done["dags"] == VERSION == current_version(_versions(stack))
    assert done["notes"] == ["Commit Pulumi.dev.yaml: another deployment would change it back"]
    operations = [one.split()[0] for one in pulumi.calls(stack.folder / "bin")]
    assert operations.index("preview") < operations.index("up")
    assert database


def test_what_is_gone_is_reported(stack: Deployed, database: str) -> None:
    """The image of then, and a version of the DAGs: those of now are used."""
    stack.knows(image_uri=f"123456789012.dkr.ecr.{REGION}.amazonaws.com/gone@{DIGEST}")
    made = stack.json("backup")
    stack.client("s3").delete_object(Bucket="air-dags", Key=f"dags/versions/{VERSION}.tar.gz")
    _destroyed(stack)
    *notes, _ = stack.json("restore", made["name"])["notes"]
    assert "imageUri" not in _set(stack)
    assert [one.partition(" is deleted")[0] for one in notes] == [
        "the image of then",
        f"version {VERSION[:12]} of the DAGs",
    ]
    assert database


def test_a_last_snapshot_is_restored_with_the_deleted_key(stack: Deployed, database: str) -> None:
    """Which is brought back; a backup is not needed within the week."""
    secrets = stack.client("secretsmanager")
    arn = stack.outputs["secret_arns"]["fernet-key"]
    last = "airflow-dev-database-final-1"
    stack.client("rds").create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=last)
    secrets.delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    _destroyed(stack)
    stack.json("restore", last)
    assert _set(stack)["databaseFernetKeySecretArn"] == arn
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == KEY


def test_a_last_snapshot_without_its_key_is_refused(stack: Deployed, database: str) -> None:
    """In one line, with the settings to set by hand."""
    last = "airflow-dev-database-final-1"
    stack.client("rds").create_db_snapshot(DBInstanceIdentifier=database, DBSnapshotIdentifier=last)
    _destroyed(stack)
    done = stack.run("restore", last)
    assert done.code == 2
    assert "is not a backup, and 0 deleted secrets are named airflow-dev-fernet-key-" in done.err
    assert _set(stack) == {}


@pytest.mark.parametrize(
    ("resource", "options", "error"),
    [
        (_instance(protect=True), ("--allow-data-loss",), "its database is protected. Set protectData false"),
        (_instance(), (), "replaces its database: what came after the backup is lost"),
    ],
    ids=["protected", "not confirmed"],
)
def test_a_database_that_is_there_is_not_replaced_by_accident(
    stack: Deployed, database: str, resource: dict[str, Any], options: tuple[str, ...], error: str
) -> None:
    """In one line; nothing is set."""
    made = stack.json("backup")
    _destroyed(stack, resource)
    done = stack.run("restore", made["name"], *options)
    assert done.code == 2
    assert error in done.err
    assert done.err.count("\n") == 1
    assert _set(stack) == {}
    assert database


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"databaseHost": "db.example.com"}, "has a database of yours (databaseHost)"),
        ({"databaseEngineVersion": "18"}, "is of PostgreSQL 17, and databaseEngineVersion is 18"),
        ({"kmsKeyArn": "arn:aws:kms:eu-west-1:1:key/1"}, "is not encrypted with the stack's key: copy it"),
    ],
)
def test_what_rds_would_not_make_is_refused_before(
    stack: Deployed, database: str, settings: dict[str, str], error: str
) -> None:
    """In one line, with the setting; nothing is set."""
    made = stack.json("backup")
    _destroyed(stack, **settings)
    done = stack.run("restore", made["name"])
    assert done.code == 2
    assert error in done.err
    assert done.err.count("\n") == 1
    assert _set(stack) == {}
    assert database


def test_an_unknown_backup_is_refused_with_the_newest(stack: Deployed, database: str) -> None:
    """In one line."""
    made = stack.json("backup")
    done = stack.run("restore", "airflow-dev-backup-0")
    assert done.code == 2
    assert done.err == f"there is no backup airflow-dev-backup-0 of stack dev; the newest: {made['name']}\n"
    assert database


def test_a_stack_takes_over_the_key_that_was_to_be_deleted(stack: Deployed) -> None:
    """A key of the cluster's own is deleted with it, within 30 days."""
    kms, rds = stack.client("kms"), stack.client("rds")
    key = kms.create_key()["KeyMetadata"]
    rds.create_db_instance(
        DBInstanceIdentifier="db", Engine="postgres", EngineVersion="17.5", DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20, MasterUsername="dbadmin", MasterUserPassword="longenough",
        StorageEncrypted=True, KmsKeyId=key["Arn"],
    )  # fmt: skip
    secret = stack.client("secretsmanager").create_secret(Name="k", SecretString=KEY)["ARN"]
    tags = [{"Key": "airflow-ecs:stack", "Value": "dev"}, {"Key": "airflow-ecs:fernet-key", "Value": secret}]
    rds.create_db_snapshot(DBInstanceIdentifier="db", DBSnapshotIdentifier=f"{PREFIX}1", Tags=tags)
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=30)
    _destroyed(stack, kmsCreateKey="true")
    stack.json("restore", f"{PREFIX}1")
    assert _set(stack)["kmsKeyArn"] == key["Arn"]
    assert [one for one in pulumi.calls(stack.folder / "bin") if "rm-all" in one and "kmsCreateKey" in one]
    assert kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["KeyState"] == "Enabled"
