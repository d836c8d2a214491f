"""Everything of a cluster that keeps something: secrets, database, broker, buckets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from .broker import Broker, BrokerArgs
from .component import Component
from .database import Database, DatabaseArgs
from .model.settings import Settings
from .secrets import Secrets, SecretsArgs
from .storage import Storage, StorageArgs


@dataclass(frozen=True, kw_only=True)
class StoresArgs:
    """What `Stores` are made from."""

    settings: Settings
    """Sizes, retention, protection."""
    subnet_ids: Sequence[pulumi.Input[str]]
    """Private subnets in at least two zones."""
    security_group_ids: Mapping[str, pulumi.Input[str]]
    """Say who may reach `database` and `broker`."""


class Stores(Component):
    """Makes `Secrets`, `Database`, `Storage` and, for Celery, `Broker`; `protect_data` locks them all."""

    database_endpoint: pulumi.Output[str]
    """Host and port of the metadata database."""
    broker_endpoint: pulumi.Output[str] | None
    """Host of the broker, if there is one."""

    def __init__(self, name: str, args: StoresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings, protect = args.settings, args.settings.protect_data
        secrets = Secrets(
            name, SecretsArgs(recoverable=protect, flower=bool(settings.flower.count)), self._child()
        )
        database = Database(
            f"{name}-database",
            DatabaseArgs(
                settings=settings.database,
                subnet_ids=args.subnet_ids,
                security_group_id=args.security_group_ids["database"],
                protect=protect,
                result_backend=settings.has_workers,
            ),
            self._child(),
        )
        broker = self._broker(name, args) if settings.has_workers else None
        self.storage = Storage(
            name,
            StorageArgs(log_retention_days=settings.logs.retention_days, protect=protect),
            self._child(),
        )
        self.database_endpoint = database.endpoint
        self.broker_endpoint = broker.endpoint if broker else None
        self.secret_references = {
            **secrets.references,
            **database.secret_references,
            **(broker.secret_references if broker else {}),
        }
        self._register()

    def _broker(self, name: str, args: StoresArgs) -> Broker:
        return Broker(
            f"{name}-broker",
            BrokerArgs(
                settings=args.settings.broker,
                subnet_ids=args.subnet_ids,
                security_group_id=args.security_group_ids["broker"],
                protect=args.settings.protect_data,
            ),
            self._child(),
        )
