"""The metadata database: RDS for PostgreSQL that refuses connections without TLS.

Idle cost: the instance and its storage, day and night. It never has a public address.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from .component import Component
from .model import urls
from .model.roles import Secret
from .model.settings import DatabaseSettings
from .stored_secret import StoredSecret, StoredSecretArgs

OWNER = "airflow"
"""User and name of the metadata database."""
RESULTS_USER = "celery_results"
"""The user of Celery's results, made by the migration; it cannot read Airflow's tables."""
PASSWORD_LENGTH = 32


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """What a `Database` is made from."""

    settings: DatabaseSettings
    """Class, version, storage, backups."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Subnets in at least two zones."""
    security_group_id: pulumi.Input[str]
    """Says who may connect."""
    protect: bool
    """Refuse deletion, in Pulumi and at AWS, and keep a last snapshot."""
    result_backend: bool
    """Whether Celery keeps its results here, with a user of its own."""


class Database(Component):
    """A PostgreSQL instance with storage encryption, backups and enforced TLS.

    Makes: subnet group, parameter group, instance, passwords, and the connection URLs as secrets.

    Stateful: protected twice while `protect` is set; a last snapshot is then taken on deletion.
    """

    endpoint: pulumi.Output[str]
    """Host and port."""
    instance_id: pulumi.Output[str]
    """Identifier of the instance, for metrics and snapshots."""
    url_secret_arn: pulumi.Output[str]
    """ARN of the secret with the metadata database's URL."""
    result_backend_secret_arn: pulumi.Output[str] | None
    """ARN of the secret with the URL of Celery's result backend, if there is one."""

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        password = self._password("owner")
        self._instance = self._make_instance(password)
        url = self._stored("url", self._url(OWNER, password), "metadata database URL")
        self.endpoint = self._instance.endpoint
        self.instance_id = self._instance.identifier
        self.url_secret_arn, self.result_backend_secret_arn = url.arn, None
        self.secret_references = {Secret.DATABASE_URL: url.reference}
        if args.result_backend:
            results = self._url(RESULTS_USER, self._password("results")).apply(urls.result_backend)
            stored = self._stored("results-url", results, "Celery result backend URL")
            self.result_backend_secret_arn = stored.arn
            self.secret_references[Secret.RESULT_BACKEND_URL] = stored.reference
        self._register()

    def _make_instance(self, password: pulumi.Output[str]) -> aws.rds.Instance:
        settings, protect = self._args.settings, self._args.protect
        subnets = aws.rds.SubnetGroup(self._name, subnet_ids=[*self._args.subnet_ids], opts=self._child())
        # AWS refuses a second snapshot of the same name, so each instance has a name of its own.
        unique = random.RandomId(f"{self._name}-identifier", byte_length=4, opts=self._child()).hex
        return aws.rds.Instance(
            self._name,
            identifier=pulumi.Output.concat(self._name, "-", unique),
            engine="postgres",
            engine_version=settings.engine_version,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=True,
            instance_class=settings.instance_class,
            allocated_storage=settings.storage_gib,
            # AWS takes no limit that is no growth; 0 turns growth off.
            max_allocated_storage=settings.max_storage_gib
            if settings.max_storage_gib > settings.storage_gib
            else 0,
            storage_type="gp3",
            storage_encrypted=True,
            multi_az=settings.multi_az,
            db_name=OWNER,
            username=OWNER,
            password=password,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[self._args.security_group_id],
            parameter_group_name=self._parameters().name,
            publicly_accessible=False,
            backup_retention_period=settings.backup_days,
            copy_tags_to_snapshot=True,
            enabled_cloudwatch_logs_exports=["postgresql", "upgrade"],
            apply_immediately=True,
            deletion_protection=protect,
            skip_final_snapshot=not protect,
            final_snapshot_identifier=pulumi.Output.concat(self._name, "-final-", unique)
            if protect
            else None,
            opts=self._child(pulumi.ResourceOptions(protect=protect, delete_before_replace=True)),
        )

    def _parameters(self) -> aws.rds.ParameterGroup:
        return aws.rds.ParameterGroup(
            self._name,
            family=f"postgres{self._args.settings.engine_version}",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=self._child(),
        )

    def _password(self, owner: str) -> pulumi.Output[str]:
        name = f"{self._name}-{owner}-password"
        return random.RandomPassword(name, length=PASSWORD_LENGTH, special=False, opts=self._child()).result

    def _url(self, user: str, password: pulumi.Output[str]) -> pulumi.Output[str]:
        instance, ssl_mode = self._instance, self._args.settings.ssl_mode
        return pulumi.Output.all(
            password=password, host=instance.address, port=instance.port, name=instance.db_name
        ).apply(
            lambda known: urls.database(
                user=user,
                password=known["password"],
                host=known["host"],
                port=int(known["port"]),
                name=known["name"],
                ssl_mode=ssl_mode,
            )
        )

    def _stored(self, kind: str, value: pulumi.Output[str], description: str) -> StoredSecret:
        args = StoredSecretArgs(
            value=value, description=f"Airflow: {description}", recoverable=self._args.protect
        )
        return StoredSecret(f"{self._name}-{kind}", args, self._child())
