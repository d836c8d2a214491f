"""The metadata database: RDS for PostgreSQL that refuses connections without TLS.

Airflow is not its master user: the migration makes the role `airflow`, which owns the database and no more.
Idle cost: the instance and its storage, day and night. It never has a public address.
"""

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from ..base.component import Component
from ..base.generated_passwords import passwords
from ..base.stored_secret import SecretReference
from ..model.iam import iam_documents
from ..model.secrets import Secret
from ..model.services.database_logins import OWNER, login
from .database_args import DatabaseArgs
from .database_url import DatabaseUrl, DatabaseUrlArgs

MASTER = "dbadmin"
"""RDS's master user. RDS makes and rotates its password, so that no state of Pulumi's has it."""
PASSWORD_LENGTH = 32
LOGS = ("postgresql", "upgrade")
"""What RDS exports to CloudWatch Logs."""
NOT_EXTENDED = "open-source-rds-extended-support-disabled"
"""AWS's default charges: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support.html."""


class Database(Component):
    """A PostgreSQL instance with storage encryption, backups and enforced TLS.

    Makes: subnet group, parameter group, instance, its owner's password, and `DatabaseUrl`. RDS makes the
    master user's secret, and deletes it with the instance.

    Stateful: protected twice while `protect` is set; without `discard_data` deletion takes a last snapshot.
    """

    endpoint: pulumi.Output[str]
    """Host and port."""
    identifier: pulumi.Output[str]
    """What RDS names the instance."""
    secret_references: Mapping[Secret, SecretReference]
    """The secrets of its URL and its master user, by kind."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        names = args.settings.password_names
        owner = f"{name}-owner-password"
        password, *_ = passwords(owner, names, length=PASSWORD_LENGTH, opts=self._child())
        self._instance = self._make_instance()
        self.endpoint = self._instance.endpoint
        self.identifier = self._instance.identifier
        url = DatabaseUrl(
            f"{name}-url",
            DatabaseUrlArgs(
                host=self._instance.address,
                port=self._instance.port,
                database=OWNER,
                user=login(names[0]),
                password=password,
                ssl_mode=args.settings.ssl_mode,
                discard_data=args.discard_data,
                kms_key_arn=args.defaults.kms_key_arn,
            ),
            self._child(),
        )
        self.secret_references = {**url.secret_references, Secret.DATABASE_MASTER: self._master()}
        self._register()

    def _make_instance(self) -> aws.rds.Instance:
        settings, name = self._args.settings, self._name
        unique = random.RandomId(f"{name}-identifier", byte_length=4, opts=self._child()).hex
        identifier = pulumi.Output.concat(name, "-", unique)
        return aws.rds.Instance(
            self._name,
            identifier=identifier,
            engine="postgres",
            engine_version=settings.engine_version,
            engine_lifecycle_support=NOT_EXTENDED,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=True,
            instance_class=settings.instance_class,
            allocated_storage=settings.storage_gib,
            max_allocated_storage=self._growth_limit_gib(),
            storage_type="gp3",
            storage_encrypted=True,
            kms_key_id=self._args.defaults.kms_key_arn,
            multi_az=settings.multi_az,
            db_name=OWNER,
            username=MASTER,
            snapshot_identifier=settings.snapshot_identifier or None,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=self._args.defaults.kms_key_arn,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[self._args.security_group_id],
            parameter_group_name=self._parameters().name,
            publicly_accessible=False,
            backup_retention_period=settings.backup_days,
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=[*LOGS],
            monitoring_interval=settings.monitoring_seconds or None,
            monitoring_role_arn=self._monitoring_role_arn(),
            performance_insights_enabled=settings.insights or None,
            performance_insights_kms_key_id=self._args.defaults.kms_key_arn if settings.insights else None,
            apply_immediately=True,
            deletion_protection=self._args.protect,
            skip_final_snapshot=self._args.discard_data,
            final_snapshot_identifier=None if self._args.discard_data else self._final_snapshot(),
            opts=self._lock(depends_on=self._log_groups(identifier)),
        )

    def _subnets(self) -> aws.rds.SubnetGroup:
        return aws.rds.SubnetGroup(self._name, subnet_ids=[*self._args.subnet_ids], opts=self._child())

    def _master(self) -> SecretReference:
        """Refer to the secret that RDS rotates each week; the only task that reads it runs for each snapshot.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
        """
        arn = self._instance.master_user_secrets.apply(lambda secrets: str(secrets[0].secret_arn))
        restored = self._args.settings.snapshot_identifier
        return SecretReference(arn=arn, version_id=pulumi.Output.from_input(restored) if restored else None)

    def _log_groups(self, identifier: pulumi.Output[str]) -> list[pulumi.Resource]:
        """Create them before RDS does, which keeps them for ever, unencrypted and after a destroy.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html
        """
        return [
            self._args.defaults.log_group(
                f"{self._name}-{log}",
                self._child(),
                group_name=pulumi.Output.concat("/aws/rds/instance/", identifier, f"/{log}"),
            )
            for log in LOGS
        ]

    def _lock(self, depends_on: list[pulumi.Resource]) -> pulumi.ResourceOptions:
        lock = pulumi.ResourceOptions(
            depends_on=depends_on,
            protect=self._args.protect,
            delete_before_replace=True,
            # An instance keeps what it was made with; the provider would ask for a change in vain:
            # https://github.com/hashicorp/terraform-provider-aws/issues/40870
            ignore_changes=["engineLifecycleSupport"],
        )
        return self._child(lock)

    def _final_snapshot(self) -> pulumi.Output[str]:
        """Name the last snapshot; a new name for each instance, since AWS refuses a second of the same."""
        restored, key = self._args.settings.snapshot_identifier, self._args.defaults.kms_key_arn
        keepers = {"kms_key_arn": key or "", **({"snapshot_identifier": restored} if restored else {})}
        name, opts = f"{self._name}-final-snapshot", self._child()
        unique = random.RandomId(name, byte_length=4, keepers=keepers, opts=opts).hex
        return pulumi.Output.concat(self._name, "-final-", unique)

    def _growth_limit_gib(self) -> int:
        """AWS takes no limit that is no growth; 0 turns growth off."""
        at_first, limit = self._args.settings.storage_gib, self._args.settings.max_storage_gib
        return limit if limit > at_first else 0

    def _monitoring_role_arn(self) -> pulumi.Output[str] | None:
        if not self._args.settings.monitoring_seconds:
            return None
        invoke, defaults = pulumi.InvokeOptions(parent=self), self._args.defaults
        partition, region = aws.get_partition(opts=invoke).partition, aws.get_region(opts=invoke).region
        found = iam_documents.database_monitoring(partition, defaults.account_id, region)
        document, service = pulumi.Output.from_input(found), "monitoring.rds.amazonaws.com"
        name = f"{self._name}-monitoring"
        return defaults.role(name, service=service, document=document, opts=self._child()).arn

    def _parameters(self) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            self._name,
            family=f"postgres{self._args.settings.engine_version}",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=self._child(),
        )
