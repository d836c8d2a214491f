"""`Database` under mocks: TLS enforced, encrypted, backed up, doubly locked; its URLs only as secrets."""

import json
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pulumi
import pytest

from components.data.database import Database
from components.data.database_args import DatabaseArgs
from components.model.secrets import Secret
from components.model.settings.database_settings import SslMode
from components.model.settings.settings import DatabaseSettings
from policy.databases import COMMON_USERS
from tests.components.defaults import resource_defaults
from tests.helpers.pulumi_mocks import ACCOUNT, MASTER_SECRET, REGION, Recording, record

ARGS = DatabaseArgs(
    settings=DatabaseSettings(),
    subnet_ids=["subnet-a", "subnet-b"],
    security_group_id="group",
    defaults=resource_defaults(),
    protect=True,
    discard_data=False,
)


def _database(args: DatabaseArgs = ARGS) -> Recording:
    return record(lambda: Database("db", args))


def test_connections_without_tls_are_refused() -> None:
    """By the parameter group of the instance's own version."""
    recording = _database(replace(ARGS, settings=DatabaseSettings(engine_version="16")))
    parameters = recording.one("ParameterGroup").inputs
    assert parameters["family"] == "postgres16"
    assert parameters["parameters"] == [{"name": "rds.force_ssl", "value": "1"}]
    assert recording.one("Instance").inputs["parameterGroupName"] == "db"


def test_the_instance_in_full() -> None:
    """Each input on purpose: a change here is a change of everybody's database."""
    assert _database().one("Instance").clear == {
        "allocatedStorage": 20,
        "allowMajorVersionUpgrade": True,
        "applyImmediately": True,
        "autoMinorVersionUpgrade": True,
        "backupRetentionPeriod": 7,
        "copyTagsToSnapshot": True,
        "dbName": "airflow",
        "dbSubnetGroupName": "db",
        "deletionProtection": True,
        "enabledCloudwatchLogsExports": ["postgresql", "upgrade"],
        "engine": "postgres",
        "engineLifecycleSupport": "open-source-rds-extended-support-disabled",
        "engineVersion": "17",
        "finalSnapshotIdentifier": "db-final-0badcafe",
        "identifier": "db-0badcafe",
        "instanceClass": "db.t4g.small",
        "maxAllocatedStorage": 100,
        "multiAz": False,
        "manageMasterUserPassword": True,
        "parameterGroupName": "db",
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
        "storageEncrypted": True,
        "storageType": "gp3",
        "username": "dbadmin",
        "vpcSecurityGroupIds": ["group"],
    }


@pytest.mark.parametrize("protect", [True, False])
def test_protection_is_double_and_one_switch_ends_both(*, protect: bool) -> None:
    """Pulumi's lock and AWS's; without them no last snapshot, whose name would stand in the way."""
    instance = _database(replace(ARGS, protect=protect)).one("Instance")
    assert instance.protect is protect
    assert instance.inputs["deletionProtection"] is protect
    assert instance.inputs["skipFinalSnapshot"] is False


@pytest.mark.parametrize("discard", [True, False])
def test_a_last_snapshot_is_taken_unless_the_data_is_thrown_away(*, discard: bool) -> None:
    """Under a name that no other instance of the stack will have."""
    instance = _database(replace(ARGS, protect=False, discard_data=discard)).one("Instance")
    assert instance.inputs["skipFinalSnapshot"] is discard
    assert ("finalSnapshotIdentifier" in instance.inputs) is not discard


@pytest.mark.parametrize(("largest", "sent"), [(20, 0), (100, 100)])
def test_storage_that_is_not_to_grow_has_no_limit(largest: int, sent: int) -> None:
    """AWS refuses a limit that equals the storage; 0 turns growth off."""
    settings = DatabaseSettings(storage_gib=20, max_storage_gib=largest)
    recording = _database(replace(ARGS, settings=settings))
    assert recording.one("Instance").inputs["maxAllocatedStorage"] == sent


@pytest.mark.parametrize(
    ("mode", "query"),
    [
        (SslMode.VERIFY_FULL, "sslmode=verify-full&sslrootcert=/opt/airflow/certs/database.pem"),
        (SslMode.REQUIRE, "sslmode=require"),
    ],
)
def test_the_url_is_that_of_the_instance_and_of_airflows_role(mode: SslMode, query: str) -> None:
    """Host and port come from what AWS made, the password is the role's; nothing of it is in plaintext."""
    recording = _database(replace(ARGS, settings=DatabaseSettings(ssl_mode=mode)))
    version = recording.one("SecretVersion", "db-url")
    found = urlsplit(str(version.inputs["secretString"]))
    assert (found.scheme, found.username, found.hostname) == ("postgresql+psycopg", "airflow", "db.rds")
    assert (found.port, found.path, found.query) == (5432, "/airflow", query)
    assert [unquote(found.password or "")] == recording.planted
    assert version.clear["secretString"] == "[secret]"
    assert "planted" not in recording.in_plaintext()


def test_the_owner_is_the_only_user_of_the_stack() -> None:
    """Workers have no way to the database, so nobody else needs one."""
    assert _database().names("RandomPassword") == ["db-owner-password"]
    assert _database().names("Secret") == ["db-url"]


@pytest.mark.parametrize("key", [None, "arn:aws:kms:eu-west-1:123456789012:key/1"])
def test_the_master_users_password_is_rdss_own(key: str | None) -> None:
    """Under the stack's key where it has one. The program knows its secret by ARN, and no version of it."""
    defaults = replace(resource_defaults(), kms_key_arn=pulumi.Output.from_input(key) if key else None)

    def build() -> None:
        secret = Database("db", replace(ARGS, defaults=defaults)).secret_references[Secret.DATABASE_MASTER]
        pulumi.export("secret", {"arn": secret.arn, "version": secret.version_id or "none"})

    recording = record(build)
    instance = recording.one("Instance").inputs
    assert instance["username"] not in ("airflow", *COMMON_USERS)
    assert instance["manageMasterUserPassword"] is True
    assert instance.get("masterUserSecretKmsKeyId") == key
    assert "password" not in instance
    assert recording.exports["secret"] == {"arn": MASTER_SECRET, "version": "none"}


def test_what_watches_the_database_costs_a_role_of_its_own() -> None:
    """It may write to RDS's one group and nothing else; without it there is no such role."""
    assert not _database().all("Role")
    settings = DatabaseSettings(monitoring_seconds=60, insights=True)
    recording = _database(replace(ARGS, settings=settings))
    instance = recording.one("Instance").inputs
    assert (instance["monitoringInterval"], instance["performanceInsightsEnabled"]) == (60, True)
    assert instance["monitoringRoleArn"].endswith("Role/db-monitoring")
    policy = json.loads(recording.one("RolePolicy").inputs["policy"])
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:RDSOSMetrics"
    assert {one for each in policy["Statement"] for one in each["Resource"]} == {
        f"{group}:*",
        f"{group}:log-stream:*",
    }


def test_a_new_instance_has_a_new_name_for_its_last_snapshot() -> None:
    """AWS refuses a second snapshot of a name: it changes with what replaces an instance, the key."""
    for key in (None, "arn:aws:kms:eu-west-1:123456789012:key/1"):
        defaults = replace(resource_defaults(), kms_key_arn=pulumi.Output.from_input(key) if key else None)
        recording = record(lambda defaults=defaults: Database("db", replace(ARGS, defaults=defaults)))
        assert recording.one("RandomId", "db-final-snapshot").inputs["keepers"] == {"kms_key_arn": key or ""}
        assert "keepers" not in recording.one("RandomId", "db-identifier").inputs


def test_an_instance_is_created_from_a_snapshot() -> None:
    """And has another last snapshot than the one that it replaces; without one, neither input is there."""

    def build() -> None:
        settings = DatabaseSettings(snapshot_identifier="backup-1")
        secret = Database("db", replace(ARGS, settings=settings)).secret_references[Secret.DATABASE_MASTER]
        pulumi.export("version", secret.version_id)

    recording = record(build)
    assert recording.exports["version"] == "backup-1", "another snapshot runs the migration again"
    assert recording.one("Instance").inputs["snapshotIdentifier"] == "backup-1"
    keepers = {"kms_key_arn": "", "snapshot_identifier": "backup-1"}
    assert recording.one("RandomId", "db-final-snapshot").inputs["keepers"] == keepers


def test_extended_support_is_not_asked_for_and_an_older_instance_stays_as_it_is() -> None:
    """AWS's default is paid for; what an instance was made with cannot be changed."""
    instance = _database().one("Instance")
    assert instance.inputs["engineLifecycleSupport"] == "open-source-rds-extended-support-disabled"
    assert instance.ignore_changes == ("engineLifecycleSupport",)


def test_its_logs_have_an_end_and_a_key() -> None:
    """RDS writes to groups that are there before it; those that it makes itself are kept for ever."""
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    defaults = replace(resource_defaults(), kms_key_arn=pulumi.Output.from_input(key), log_retention_days=14)
    recording = record(lambda: Database("db", replace(ARGS, defaults=defaults)))
    instance, groups = recording.one("Instance"), recording.all("LogGroup")
    identifier, exported = instance.inputs["identifier"], instance.inputs["enabledCloudwatchLogsExports"]
    assert [group.inputs["name"] for group in groups] == [
        f"/aws/rds/instance/{identifier}/{log}" for log in exported
    ]
    for group in groups:
        assert (group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) == (14, key)
        assert group.urn in recording.before(instance)


@pytest.mark.parametrize(
    ("names", "user", "password"),
    [
        (("2", "1"), "airflow_2", "db-owner-password-2"),
        (("2",), "airflow_2", "db-owner-password-2"),
        (("blue",), "airflow_blue", "db-owner-password-blue"),
    ],
)
def test_each_further_password_is_that_of_another_login(
    names: tuple[str, ...], user: str, password: str
) -> None:
    """So two are valid at a time; the database keeps its owner."""
    recording = _database(replace(ARGS, settings=DatabaseSettings(password_names=names)))
    url: str = recording.one("SecretVersion").inputs["secretString"]
    found = urlsplit(url)
    assert found.username == user
    assert unquote(found.password or "").startswith(f"planted-{password}-/")
    assert len(recording.names("RandomPassword")) == len(names)
    assert recording.one("Instance").inputs["dbName"] == "airflow"
