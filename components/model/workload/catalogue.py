"""Which services, executors, brokers and DAG sources there are: the only list of each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ..brokers import redis
from ..brokers.broker import Broker
from ..dag_sources import image
from ..dag_sources.dag_source import DagSource
from ..executors import celery, local
from ..executors.executor import Executor
from ..services import (
    api_server,
    dag_processor,
    database_maintenance,
    execution_api,
    migration,
    scheduler,
    triggerer,
)
from ..services.service import Service
from ..settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What a cluster can consist of. Each function gives None where the settings do not ask for it.

    Attributes:
        services: Airflow's own, in the order in which they are best started; an executor has more.
        executors: all that are given are used; the first is the default.
        brokers: the first that is given is used.
        dag_sources: the first that is given is used.

    Example:
        mine = replace(CATALOGUE, services=(*CATALOGUE.services, my_service.service))
        cluster = AirflowCluster("airflow", settings, catalogue=mine)
    """

    services: tuple[Callable[[Settings], Service | None], ...]
    executors: tuple[Callable[[Settings, Broker], Executor | None], ...]
    brokers: tuple[Callable[[Settings], Broker | None], ...]
    dag_sources: tuple[Callable[[Settings], DagSource | None], ...]


CATALOGUE: Final = Catalogue(
    services=(
        api_server.service,
        execution_api.service,
        scheduler.service,
        dag_processor.service,
        triggerer.service,
        migration.service,
        database_maintenance.service,
    ),
    executors=(local.executor, celery.executor),
    brokers=(redis.broker,),
    dag_sources=(image.dag_source,),
)
