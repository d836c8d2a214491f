"""Rules for the metadata database."""

from typing import Any, Final

from components.model.rendered import Rendered
from policy.rule import Rule, Stack, must_be, must_be_at_least, must_be_set, value

DATABASE: Final = ("rds/Instance",)
COMMON_USERS: Final = {"admin", "postgres", "root", ""}
POSTGRES_PORT: Final = 5432


def _not_own_database_key(one: Rendered, stack: Stack) -> str | None:
    """Of its storage and, where there are any, of its insights."""
    insights = value(one, "performanceInsightsEnabled")
    keys = ("kmsKeyId", "performanceInsightsKmsKeyId") if insights else ("kmsKeyId",)
    return next((why for key in keys if (why := must_be_set(key)(one, stack))), None)


def _common_user(one: Rendered, _: Stack) -> str | None:
    user = value(one, "username")
    return f"its administrator is called {user}" if (user or "") in COMMON_USERS else None


def _common_port(one: Rendered, _: Stack) -> str | None:
    return "it listens on 5432" if (value(one, "port") or POSTGRES_PORT) == POSTGRES_PORT else None


def _no_log_export(one: Rendered, _: Stack) -> str | None:
    exports: list[str] = value(one, "enabledCloudwatchLogsExports") or []
    return None if "postgresql" in exports else "its log is not sent to CloudWatch"


def _database_without_tls(one: Rendered, stack: Stack) -> str | None:
    groups = [other for other in stack if other.kind == "rds/ParameterGroup" and other.name == one.name]
    for group in groups:
        parameters: list[dict[str, Any]] = value(group, "parameters") or []
        if any(each["name"] == "rds.force_ssl" and str(each["value"]) == "1" for each in parameters):
            return None
    return "it takes connections without TLS: rds.force_ssl is not 1 in its parameter group"


RULES: Final = (
    Rule(
        name="rds-not-public",
        kinds=DATABASE,
        ids=("RDS.2", "CIS 3.2.3", "CKV_AWS_17"),
        description="The database has no public address.",
        remedy="Set publiclyAccessible to false.",
        check=must_be("publiclyAccessible", False, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-encrypted",
        kinds=DATABASE,
        ids=("RDS.3", "CIS 3.2.1", "CKV_AWS_16"),
        description="The database's storage is encrypted.",
        remedy="Set storageEncrypted to true; for an existing database, restore an encrypted snapshot.",
        check=must_be("storageEncrypted", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-own-key",
        kinds=DATABASE,
        ids=("CKV_AWS_354",),
        description="The database is encrypted with a customer managed key.",
        remedy="Set kmsCreateKey or kmsKeyArn.",
        check=_not_own_database_key,
    ),
    Rule(
        name="rds-two-zones",
        kinds=DATABASE,
        ids=("RDS.5", "CIS 3.2.4", "CKV_AWS_157"),
        description="The database survives the loss of a zone.",
        remedy="Set databaseMultiAz to true.",
        check=must_be("multiAz", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-monitored",
        kinds=DATABASE,
        ids=("RDS.6", "CKV_AWS_118"),
        description="The database's operating system is monitored.",
        remedy="Set databaseMonitoringSeconds above 0.",
        check=must_be_at_least("monitoringInterval", 1),
    ),
    Rule(
        name="rds-insights",
        kinds=DATABASE,
        ids=("CKV_AWS_353",),
        description="Slow queries can be analyzed afterwards.",
        remedy="Set databaseInsights to true.",
        check=must_be("performanceInsightsEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-deletion-protection",
        kinds=DATABASE,
        ids=("RDS.8", "CKV_AWS_293"),
        description="AWS refuses to delete the database.",
        remedy="Set protectData to true.",
        check=must_be("deletionProtection", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-final-snapshot",
        kinds=DATABASE,
        ids=(),
        description="A deleted database leaves a snapshot.",
        remedy="Set discardData to false.",
        check=must_be("skipFinalSnapshot", False),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-log",
        kinds=DATABASE,
        ids=("RDS.9", "RDS.36", "CKV_AWS_129", "CKV2_AWS_30"),
        description="The database's log is retained outside the database.",
        remedy="Export postgresql with enabledCloudwatchLogsExports.",
        check=_no_log_export,
    ),
    Rule(
        name="rds-iam-login",
        kinds=DATABASE,
        ids=("RDS.10", "CKV_AWS_161"),
        description="People log in to the database with IAM.",
        remedy="Set iamDatabaseAuthenticationEnabled to true.",
        check=must_be("iamDatabaseAuthenticationEnabled", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-backups",
        kinds=DATABASE,
        ids=("RDS.11", "CKV_AWS_133"),
        description="Backups are retained for a week.",
        remedy="Set databaseBackupDays to 7 or more.",
        check=must_be_at_least("backupRetentionPeriod", 7),
    ),
    Rule(
        name="rds-patched",
        kinds=DATABASE,
        ids=("RDS.13", "CIS 3.2.2", "CKV_AWS_226"),
        description="AWS installs minor versions.",
        remedy="Set autoMinorVersionUpgrade to true.",
        check=must_be("autoMinorVersionUpgrade", True, None),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-tagged-snapshots",
        kinds=DATABASE,
        ids=("RDS.17", "CKV2_AWS_60"),
        description="Snapshots carry the database's tags.",
        remedy="Set copyTagsToSnapshot to true.",
        check=must_be("copyTagsToSnapshot", True),  # noqa: FBT003, a value
    ),
    Rule(
        name="rds-in-own-subnets",
        kinds=DATABASE,
        ids=("RDS.18",),
        description="The database is in subnets chosen for it.",
        remedy="Set dbSubnetGroupName.",
        check=must_be_set("dbSubnetGroupName"),
    ),
    Rule(
        name="rds-other-port",
        kinds=DATABASE,
        ids=("RDS.23",),
        description="The database listens on a non-default port.",
        remedy="Set another port.",
        check=_common_port,
    ),
    Rule(
        name="rds-uncommon-user",
        kinds=DATABASE,
        ids=("RDS.25",),
        description="The administrator's name cannot be guessed.",
        remedy="Set another username; this replaces the database.",
        check=_common_user,
    ),
    Rule(
        name="rds-tls-only",
        kinds=DATABASE,
        ids=("RDS.38",),
        description="The database refuses connections without TLS.",
        remedy="Set rds.force_ssl to 1 in a parameter group.",
        check=_database_without_tls,
        whole_stack=True,
    ),
)
