"""Which services, executors, brokers and DAG sources there are: the only list of each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from ..brokers import rabbitmq, redis, sqs
from ..brokers.broker import Broker
from ..dag_sources import bundle, image
from ..dag_sources.dag_source import DagSource
from ..executors import celery, ecs, local
from ..executors.executor import AirflowExecutor
from ..services import (
    api_server,
    dag_processor,
    database_maintenance,
    execution_api,
    metrics,
    migration,
    scheduler,
    triggerer,
)
from ..services.service import Service
from ..settings.settings import Settings
from .consistency import CatalogueError

Value = TypeVar("Value")


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What a cluster can consist of.

    Attributes:
        services: Airflow's own, in the order in which they are best started; an executor has more. Those that
            are `enabled` run.
        executors: all that are `selected` are used; the first is the default.
        brokers: the first that is not None is used.
        dag_sources: the first that is not None is used.

    Example:
        mine = replace(CATALOGUE, services=(*CATALOGUE.services, my_service.service))
        cluster = AirflowCluster("airflow", settings, catalogue=mine)
    """

    services: tuple[Callable[[Settings], Service], ...]
    executors: tuple[Callable[[Settings, Broker], AirflowExecutor], ...]
    brokers: tuple[Callable[[Settings], Broker | None], ...]
    dag_sources: tuple[Callable[[Settings], DagSource | None], ...]

    def made_services(self, settings: Settings) -> list[Service]:
        """List Airflow's own services, enabled or not."""
        return [make(settings) for make in self.services]

    def made_executors(self, settings: Settings) -> list[AirflowExecutor]:
        """List the executors, selected or not, with the broker that they would use."""
        broker = first("broker", (make(settings) for make in self.brokers))
        return [make(settings, broker) for make in self.executors]


def first(kind: str, values: Iterable[Value | None]) -> Value:
    """Give the first that is not None.

    Raises:
        CatalogueError: there is none; `kind` says of what.
    """
    for value in values:
        if value is not None:
            return value
    raise CatalogueError(f"the catalogue has no {kind} for these settings. Add one")


CATALOGUE: Final = Catalogue(
    services=(
        api_server.service,
        execution_api.service,
        scheduler.service,
        dag_processor.service,
        triggerer.service,
        metrics.service,
        migration.service,
        database_maintenance.service,
    ),
    executors=(local.executor, celery.executor, ecs.executor),
    brokers=(redis.broker, rabbitmq.broker, sqs.broker),
    dag_sources=(image.dag_source, bundle.dag_source),
)
