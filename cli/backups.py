"""Backups of a stack: a snapshot of its database, whose tags name everything else that belongs to it.

The tags are the manifest: they need no bucket, and outlive the stack with the snapshot.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Tagging.html
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cli.cluster import Cluster
from cli.errors import UsageError
from cli.stack import Stack
from components.base.dag_versions import DagVersions
from components.model.secrets import Secret

POLL_SECONDS: Final = 5.0
RECOVERY_DAYS: Final = 7
"""Days in which a deleted key can be brought back, as those of the stack's own secrets."""
MARK: Final = "airflow-ecs:"
"""How the keys of the manifest's tags begin."""
DEFAULT_PREFIX: Final = "airflow"


@dataclass(frozen=True, kw_only=True)
class Backup:
    """A backup, or the last snapshot of a deleted database.

    Attributes:
        name: the identifier of its snapshot.
        taken: when, in UTC.
        status: the snapshot's: `available`, `creating` or `failed`.
        stack: whose; empty, as all below, where the snapshot is not of a backup.
        image: what the stack ran, by digest.
        dags: the version of its DAGs; empty: they were in the image.
        dags_bucket: where that was.
        fernet_key: the ARN of a secret with the key of its connections and variables.
        described: the snapshot as RDS describes it.
    """

    name: str
    taken: datetime
    status: str
    stack: str
    image: str
    dags: str
    dags_bucket: str
    fernet_key: str
    described: Mapping[str, Any]

    @classmethod
    def of(cls, snapshot: Mapping[str, Any]) -> "Backup":
        """Read it from a snapshot as RDS describes it."""
        tags = {one["Key"]: one["Value"] for one in snapshot.get("TagList", [])}
        names = ("stack", "image", "dags", "dags_bucket", "fernet_key")
        manifest = {name: tags.get(f"{MARK}{name.replace('_', '-')}", "") for name in names}
        return cls(
            name=snapshot["DBSnapshotIdentifier"],
            taken=snapshot["SnapshotCreateTime"].astimezone(UTC),
            status=snapshot["Status"],
            described=snapshot,
            **manifest,
        )

    @property
    def tags(self) -> list[dict[str, str]]:
        """The manifest, as AWS takes tags."""
        manifest = {
            "stack": self.stack,
            "image": self.image,
            "dags": self.dags,
            "dags-bucket": self.dags_bucket,
            "fernet-key": self.fernet_key,
        }
        return [{"Key": f"{MARK}{name}", "Value": value} for name, value in manifest.items() if value]


def base(stack: Stack) -> str:
    """Return what the names of a stack's resources begin with."""
    prefix = stack.setting("namePrefix") or DEFAULT_PREFIX
    return f"{prefix}-{stack.name.rpartition('/')[2]}"


def read(rds: Any, stack: Stack) -> list[Backup]:
    """List a stack's backups, newest first."""
    pages = rds.get_paginator("describe_db_snapshots").paginate(SnapshotType="manual")
    found = [Backup.of(one) for page in pages for one in page["DBSnapshots"]]
    ours = [one for one in found if one.stack and one.name.startswith(f"{base(stack)}-backup-")]
    return sorted(ours, key=lambda one: one.taken, reverse=True)


def take(cluster: Cluster, stack: Stack, write: Callable[[str], None]) -> Backup:
    """Copy the Fernet key, take a snapshot, and wait until it is there.

    Raises:
        UsageError: the database is an existing one, or not available.
    """
    rds, outputs = cluster.client("rds"), stack.outputs
    host = outputs["database_endpoint"].rpartition(":")[0]
    database = cluster.database(host)
    if database is None or stack.setting("databaseHost"):
        raise UsageError(
            f"backup of {stack.name}: its database {host} is not its own: back it up where it is"
        )
    name = f"{base(stack)}-backup-{datetime.now(UTC):%Y%m%dt%H%M%S}"
    secrets = cluster.client("secretsmanager")
    key = _copy_key(secrets, outputs["secret_arns"][Secret.FERNET_KEY], name)
    backup = Backup(
        name=name,
        taken=datetime.now(UTC),
        status="creating",
        stack=stack.name,
        image=outputs.get("image_uri", ""),
        dags=_dags(cluster, outputs.get("dags_bucket", "")),
        dags_bucket=outputs.get("dags_bucket", ""),
        fernet_key=key,
        described={},
    )
    try:
        rds.create_db_snapshot(
            DBSnapshotIdentifier=name,
            DBInstanceIdentifier=database["DBInstanceIdentifier"],
            Tags=[*_own(database.get("TagList", [])), *backup.tags],
        )
    except rds.exceptions.InvalidDBInstanceStateFault:
        secrets.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)
        status = database["DBInstanceStatus"]
        raise UsageError(
            f"backup of {stack.name}: its database is {status}, and must be available. Try again later"
        ) from None
    except BaseException:
        secrets.delete_secret(SecretId=key, ForceDeleteWithoutRecovery=True)
        raise
    return _until_there(rds, name, write)


def prune(cluster: Cluster, stack: Stack, keep: int) -> list[str]:
    """Delete all backups but the newest, and the one that the stack was restored from; name them."""
    rds, secrets = cluster.client("rds"), cluster.client("secretsmanager")
    used = {stack.setting("databaseSnapshotIdentifier"), stack.setting("databaseFernetKeySecretArn")}
    there = [one for one in read(rds, stack) if one.status == "available"]
    gone = [one for one in there[keep:] if used.isdisjoint({one.name, one.fernet_key})]
    for one in gone:
        rds.delete_db_snapshot(DBSnapshotIdentifier=one.name)
        secrets.delete_secret(SecretId=one.fernet_key, RecoveryWindowInDays=RECOVERY_DAYS)
    return [one.name for one in gone]


def lines(found: Sequence[Backup]) -> list[str]:
    """Write backups: name, time, image, version of the DAGs."""
    return [
        f"{one.name}  {one.taken:%Y-%m-%dT%H:%M:%SZ}  {one.image.rpartition(':')[2][:12]}  "
        f"{f'dags {one.dags[:12]}' if one.dags else 'dags in the image'}"
        f"{'' if one.status == 'available' else f'  ({one.status})'}"
        for one in found
    ]


def values(one: Backup) -> dict[str, Any]:
    """Give a backup as plain values."""
    return {
        "name": one.name,
        "taken_at": one.taken.isoformat(),
        "status": one.status,
        "image": one.image,
        "dags": one.dags,
        "fernet_key": one.fernet_key,
    }


def _copy_key(secrets: Any, arn: str, name: str) -> str:
    """Keep the key of this moment: the stack's own secret ends with it, or gets another value."""
    described = secrets.describe_secret(SecretId=arn)
    encryption = {"KmsKeyId": described["KmsKeyId"]} if "KmsKeyId" in described else {}
    made = secrets.create_secret(
        Name=f"{name}-fernet-key",
        Description=f"Airflow: Fernet key of the backup {name}",
        SecretString=secrets.get_secret_value(SecretId=arn)["SecretString"],
        Tags=_own(described.get("Tags", [])),
        **encryption,
    )
    return made["ARN"]


def _own(tags: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """List the user's tags: those of AWS's own and of an earlier backup are not for others."""
    return [dict(one) for one in tags if not one["Key"].startswith(("aws:", MARK))]


def _dags(cluster: Cluster, bucket: str) -> str:
    if not bucket:
        return ""
    seen = DagVersions(cluster.client("s3"), bucket, "").current()
    return seen.pointer.version if seen else ""


def _until_there(rds: Any, name: str, write: Callable[[str], None]) -> Backup:
    began = time.monotonic()
    while True:
        (snapshot,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
        found = Backup.of(snapshot)
        if found.status != "creating":
            break
        percent = snapshot.get("PercentProgress", 0)
        write(f"snapshot {name}: {percent} % after {time.monotonic() - began:.0f} s")
        time.sleep(POLL_SECONDS)
    if found.status != "available":
        raise SystemExit(f"snapshot {name} is {found.status}: RDS's events have the reason")
    return found
