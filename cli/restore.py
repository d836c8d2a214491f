"""Restores a stack from a backup: one that runs, or one that was destroyed.

Its settings name the snapshot and the key; `up` makes the rest. What AWS decides when the database is made is
checked before.
"""

import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from cli import backups
from cli.backups import Backup
from cli.change import change
from cli.errors import UsageError, at_aws
from cli.promote import BY_DIGEST, IMAGE
from cli.stack import Stack
from components.base.aws_session import session
from components.base.dag_versions import DagVersions
from components.model.aws.registries import MEDIA_TYPES, EcrImage
from components.model.secrets import Secret
from components.model.settings.settings import Settings

if TYPE_CHECKING:
    import boto3

INSTANCE: Final = "aws:rds/instance:Instance"
KEY: Final = "aws:kms/key:Key"
SNAPSHOT: Final = "databaseSnapshotIdentifier"
FERNET_KEY: Final = "databaseFernetKeySecretArn"


@dataclass(frozen=True, kw_only=True)
class Restored:
    """What a stack has now.

    Attributes:
        backup: what it was restored from.
        dags: the version of its DAGs from the backup; empty: those that are checked out.
        notes: what of the backup could not be restored, and what to do next.
    """

    backup: Backup
    dags: str
    notes: list[str]


@contextmanager
def account(stack: Stack, what: str) -> "Generator[boto3.Session]":
    """Open a session in a stack's region, which may have been destroyed and have no outputs.

    Raises:
        UsageError: the region is not known; AWS refused, or could not be reached.
    """
    region = stack.configuration.get("aws:region") or os.environ.get("AWS_REGION", "")
    if not region:
        raise UsageError(
            f"{what}: set its region, `pulumi config set aws:region REGION --stack {stack.name}`"
        )
    with at_aws(what):
        yield session(stack.access, region)


def find(opened: Any, stack: Stack, name: str) -> Backup:
    """Find a backup by its name, or a last snapshot with the key that was deleted beside it.

    Raises:
        UsageError: there is none, it is not complete, or its key is gone.
    """
    rds = opened.client("rds")
    try:
        (snapshot,) = rds.describe_db_snapshots(DBSnapshotIdentifier=name)["DBSnapshots"]
    except (rds.exceptions.DBSnapshotNotFoundFault, ValueError):
        known = ", ".join(one.name for one in backups.read(rds, stack)[:3]) or "none"
        raise UsageError(f"there is no backup {name} of stack {stack.name}; the newest: {known}") from None
    found = Backup.of(snapshot)
    if found.status != "available":
        raise UsageError(f"backup {name} is {found.status}, and must be available")
    secrets = opened.client("secretsmanager")
    arn = found.fernet_key or _deleted_key(secrets, stack, found)
    try:
        if "DeletedDate" in secrets.describe_secret(SecretId=arn):
            secrets.restore_secret(SecretId=arn)
    except secrets.exceptions.ResourceNotFoundException:
        raise UsageError(
            f"the Fernet key of {name} is deleted ({arn}): its connections and variables cannot be read"
        ) from None
    return replace(found, fernet_key=arn)


def settings(opened: Any, stack: Stack, backup: Backup) -> tuple[dict[str, str | None], list[str]]:
    """Work out the stack's settings for a backup, and what of it is not there any more.

    Raises:
        UsageError: RDS would not make such a database from the snapshot.
    """
    snapshot, default = backup.described, Settings().database
    if stack.setting("databaseHost"):
        raise UsageError(f"stack {stack.name} has a database of yours (databaseHost): restore it where it is")
    wanted = stack.setting("databaseEngineVersion") or default.engine_version
    major = str(snapshot["EngineVersion"]).partition(".")[0]
    if major != wanted:
        raise UsageError(
            f"backup {backup.name} is of PostgreSQL {major}, and databaseEngineVersion is {wanted}. Set it "
            f"to {major}, restore, and upgrade afterwards"
        )
    values: dict[str, str | None] = {SNAPSHOT: backup.name, FERNET_KEY: backup.fernet_key}
    size = int(snapshot["AllocatedStorage"])
    if size > int(stack.setting("databaseStorageGib") or default.storage_gib):
        values["databaseStorageGib"] = str(size)
    values |= _key(opened, stack, snapshot)
    notes: list[str] = []
    if _has_image(opened, backup.image):
        values[IMAGE] = backup.image
    elif backup.image:
        notes.append(f"the image of then is deleted, {backup.image}: the one of now migrates the database")
    return values, notes


def check_replacement(stack: Stack, *, allow_data_loss: bool) -> None:
    """Refuse to replace a database that is protected, or by accident.

    Raises:
        UsageError: of both, what to do.
    """
    there = [one for one in stack.resources() if one["type"] == INSTANCE]
    if any(one.get("protect") for one in there):
        raise UsageError(
            f"restore of {stack.name}: its database is protected. Set protectData false, run `pulumi up`, "
            "then restore, and protect it again"
        )
    if there and not allow_data_loss:
        raise UsageError(
            f"restore of {stack.name} replaces its database: what came after the backup is lost, but for a "
            "last snapshot unless discardData is set. Confirm with --allow-data-loss"
        )


def restore(
    opened: Any, stack: Stack, backup: Backup, *, wait_seconds: float, allow_data_loss: bool
) -> Restored:
    """Bring the stack up with a database made from the backup, then make its DAGs current.

    Raises:
        UsageError: as of `settings`.
        SystemExit: as of `change`.
    """
    values, notes = settings(opened, stack, backup)
    what = f"restore of {stack.name} from {backup.name}"
    advice = change(stack, what, values, wait_seconds=wait_seconds, allow_data_loss=allow_data_loss)
    dags = _restore_dags(opened, stack, backup)
    if backup.dags and not dags:
        notes.append(
            f"version {backup.dags[:12]} of the DAGs is deleted: those that are checked out are current"
        )
    return Restored(backup=backup, dags=dags, notes=[*notes, *([advice] if advice else [])])


def _deleted_key(secrets: Any, stack: Stack, snapshot: Backup) -> str:
    """Find the Fernet key of a destroyed stack by its name: it can be brought back for a week."""
    prefix = f"{backups.base(stack)}-{Secret.FERNET_KEY}-"
    pages = secrets.get_paginator("list_secrets").paginate(
        IncludePlannedDeletion=True, Filters=[{"Key": "name", "Values": [prefix]}]
    )
    found = [
        one["ARN"]
        for page in pages
        for one in page["SecretList"]
        if one["Name"].startswith(prefix) and "DeletedDate" in one and one["CreatedDate"] <= snapshot.taken
    ]
    if len(found) != 1:
        raise UsageError(
            f"{snapshot.name} is not a backup, and {len(found)} deleted secrets are named {prefix}...: set "
            f"{FERNET_KEY} to the ARN of the one with its Fernet key, {SNAPSHOT} to {snapshot.name}, and run "
            f"`pulumi up --stack {stack.name}`"
        )
    return found[0]


def _key(opened: Any, stack: Stack, snapshot: Mapping[str, Any]) -> dict[str, str | None]:
    """Let the stack use the key of the snapshot, with which RDS encrypts the database that is made from it.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html
    """
    arn = str(snapshot.get("KmsKeyId") or "")
    wanted = stack.setting("kmsKeyArn")
    own = [one["outputs"]["arn"] for one in stack.resources() if one["type"] == KEY]
    managed = True
    if arn.startswith("arn:"):
        kms = opened.client("kms")
        described = kms.describe_key(KeyId=arn)["KeyMetadata"]
        managed = described["KeyManager"] == "AWS"
        if described["KeyState"] == "PendingDeletion":
            kms.cancel_key_deletion(KeyId=described["KeyId"])
            kms.enable_key(KeyId=described["KeyId"])
    if managed and (wanted or own):
        raise UsageError(
            f"snapshot {snapshot['DBSnapshotIdentifier']} is not encrypted with the stack's key: copy it, "
            f"`aws rds copy-db-snapshot --kms-key-id {(own or [wanted])[0]}`, and restore the copy"
        )
    return {} if managed or arn in (wanted, *own) else {"kmsKeyArn": arn, "kmsCreateKey": None}


def _has_image(opened: Any, uri: str) -> bool:
    """Whether an image by digest is still in its repository; those outside ECR are taken to be."""
    if not BY_DIGEST.fullmatch(uri):
        return False
    image = EcrImage.parse(uri)
    if image is None:
        return True
    ecr = opened.client("ecr", region_name=image.region)
    try:
        found = ecr.batch_get_image(
            **image.place, imageIds=[image.image_id], acceptedMediaTypes=[*MEDIA_TYPES]
        )
    except ecr.exceptions.RepositoryNotFoundException:
        return False
    return bool(found["images"])


def _restore_dags(opened: Any, stack: Stack, backup: Backup) -> str:
    """Make the backup's version of the DAGs current, if it is in its bucket, or in that of before."""
    bucket = stack.outputs.get("dags_bucket")
    if not bucket or not backup.dags:
        return ""
    s3, identity = opened.client("s3"), opened.client("sts").get_caller_identity()["Arn"]
    versions = DagVersions(s3, bucket, identity)
    if not versions.has(backup.dags):
        try:
            versions.add(DagVersions(s3, backup.dags_bucket, identity).read(backup.dags))
        except ClientError:
            return ""
    before = versions.current()
    if not before or before.pointer.version != backup.dags:
        versions.move(backup.dags, before, f"restore of {backup.name}")
    return backup.dags
