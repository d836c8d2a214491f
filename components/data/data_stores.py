"""The data stores of a cluster: secrets, database, broker, buckets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from ..base.component import Component
from ..base.resource_defaults import ResourceDefaults
from ..base.stored_secret import SecretReference
from ..existing.existing import Existing, Login
from ..model.brokers.broker import BROKER
from ..model.secrets import Secret
from ..model.services.service import DATABASE
from ..model.settings.settings import Settings
from ..model.workload.workload import Workload
from .broker_args import BrokerArgs, Queue
from .brokers import BrokerComponent, create_broker
from .database import Database
from .database_args import DatabaseArgs
from .database_url import DatabaseUrl, DatabaseUrlArgs
from .result_table import ResultTable, ResultTableArgs
from .secrets import Secrets, SecretsArgs
from .storage import Storage, StorageArgs
from .uploaded_dags import UploadedDags, UploadedDagsArgs


@dataclass(frozen=True, kw_only=True)
class DataStoresArgs:
    """Inputs of `DataStores`."""

    workload: Workload
    """The settings, which secrets services read, and whether they need a broker."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets in at least two zones."""
    security_group_ids: Mapping[str, pulumi.Input[str]]
    """Security groups of the database and the broker, by their names in traffic rules."""
    defaults: ResourceDefaults
    """Defaults of IAM roles, and the KMS key of all data."""
    existing: Existing
    """The existing database's credentials, logs bucket and secrets."""
    dags: UploadedDagsArgs | None
    """The DAGs to upload; None: they are not in a bucket of the cluster."""
    access: Mapping[str, Any]
    """The identity for calls to S3 from this machine; see `AwsAccess`."""

    @property
    def settings(self) -> Settings:
        """The settings of the cluster."""
        return self.workload.settings


class DataStores(Component):
    """Makes `Secrets`, `Database`, `Storage`, the executor's broker and the table of its results.

    `protect_data` locks them all.
    """

    database_endpoint: pulumi.Output[str]
    """Host and port of the metadata database."""
    broker_endpoint: pulumi.Output[str] | None
    """Host of the broker, or the URL of its default queue, if there is one."""
    queues: Mapping[str, Queue]
    """The queues of the broker that are resources, by Celery's name."""
    result_table: ResultTable | None
    """The table of Celery's results, if there is one."""
    resource_names: Mapping[str, pulumi.Output[str]]
    """What AWS names the database and the broker that are made."""
    storage: Storage
    """The buckets."""
    dags: UploadedDags | None
    """The DAGs in their bucket, if they have one."""
    secret_references: Mapping[Secret, SecretReference]
    """Every secret of the cluster, by kind."""

    def __init__(self, name: str, args: DataStoresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        settings = args.settings
        secrets = Secrets(
            name,
            SecretsArgs(
                discard_data=settings.discard_data,
                kms_key_arn=args.defaults.kms_key_arn,
                names=_names(settings),
                former_fernet_keys=args.existing.former_fernet_keys,
                protect=settings.protect_data,
                flower=args.workload.reads(Secret.FLOWER_LOGIN),
            ),
            self._child(),
        )
        login = args.existing.database_login
        database = self._database() if login is None else self._url(login)
        broker = self._broker()
        self.storage = Storage(
            name,
            StorageArgs(
                log_retention_days=settings.logs.retention_days,
                kms_key_arn=args.defaults.kms_key_arn,
                logs_bucket_arn=args.existing.logs_bucket_arn,
                dags=args.dags is not None,
                protect=settings.protect_data,
                discard_data=settings.discard_data,
            ),
            self._child(),
        )
        self.dags = self._dags(args.dags) if args.dags else None
        self.broker_endpoint = broker.endpoint if broker else None
        self.queues, self.result_table = broker.queues if broker else {}, self._result_table()
        self.resource_names = _resource_names(database, broker)
        self.secret_references = {
            **args.existing.secret_references,
            **secrets.secret_references,
            **database.secret_references,
            **(broker.secret_references if broker else {}),
        }
        self._register()

    def _dags(self, dags: UploadedDagsArgs) -> UploadedDags:
        bucket, access = self.storage.dags_bucket or "", self._args.access
        return UploadedDags(f"{self._name}-dags", dags, bucket=bucket, access=access, opts=self._child())

    def _database(self) -> Database:
        args = self._args
        database = Database(
            f"{self._name}-database",
            DatabaseArgs(
                settings=args.settings.database,
                subnet_ids=args.subnet_ids,
                security_group_id=args.security_group_ids[DATABASE],
                defaults=args.defaults,
                protect=args.settings.protect_data,
                discard_data=args.settings.discard_data,
            ),
            self._child(),
        )
        self.database_endpoint = database.endpoint
        return database

    def _url(self, login: Login) -> DatabaseUrl:
        args, settings = self._args, self._args.settings.database
        self.database_endpoint = pulumi.Output.from_input(f"{settings.host}:{settings.port}")
        return DatabaseUrl(
            f"{self._name}-database-url",
            DatabaseUrlArgs(
                host=settings.host,
                port=settings.port,
                database=settings.name,
                user=login.user,
                password=login.password,
                ssl_mode=settings.ssl_mode,
                discard_data=args.settings.discard_data,
                kms_key_arn=args.defaults.kms_key_arn,
            ),
            self._child(),
        )

    def _result_table(self) -> ResultTable | None:
        args, broker = self._args, self._args.workload.executor.broker
        if broker is None or broker.result_table is None:
            return None
        table = ResultTableArgs(kms_key_arn=args.defaults.kms_key_arn, protect=args.settings.protect_data)
        return ResultTable(f"{self._name}-results", table, self._child())

    def _broker(self) -> BrokerComponent | None:
        args, broker = self._args, self._args.workload.executor.broker
        if broker is None or broker.exists:
            return None
        return create_broker(
            broker,
            f"{self._name}-{BROKER}",
            BrokerArgs(
                settings=args.settings.broker,
                subnet_ids=args.subnet_ids,
                security_group_ids=[args.security_group_ids[BROKER]] if broker.port else [],
                kms_key_arn=args.defaults.kms_key_arn,
                protect=args.settings.protect_data,
                discard_data=args.settings.discard_data,
            ),
            self._child(),
        )


def _resource_names(
    database: Database | DatabaseUrl, broker: BrokerComponent | None
) -> dict[str, pulumi.Output[str]]:
    return {
        **({DATABASE: database.identifier} if isinstance(database, Database) else {}),
        **({BROKER: broker.resource_name} if broker else {}),
    }


def _names(settings: Settings) -> dict[Secret, tuple[str, ...]]:
    return {
        Secret.FERNET_KEY: settings.fernet.key_names,
        Secret.JWT_PRIVATE_KEYS: settings.jwt.key_names,
        Secret.API_SECRET_KEY: (settings.api.secret_key_name,),
        Secret.ADMIN_PASSWORD: (settings.admin.password_name,),
    }
