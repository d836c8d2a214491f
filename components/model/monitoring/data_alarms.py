"""Alarms on the data stores that the cluster makes: the database, and what its broker has."""

from collections.abc import Iterator

from ..alarm import GIB, Alarm, Comparison, Metric
from ..aws import database_classes
from ..settings.errors import stack_key
from ..settings.settings import DatabaseSettings
from ..workload.workload import Workload
from .names import INSTANCE

STORAGE_LEFT = 0.05
"""RDS adds storage before, when less than a tenth is left and it may grow.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
"""
MEMORY_LEFT = 0.05
CONNECTIONS_TAKEN = 0.8
CPU_PERCENT = 90
_CLASS = stack_key(("database", "instance_class"))


def alarms(workload: Workload) -> Iterator[Alarm]:
    """List the alarms on data stores; existing ones have their owner's."""
    settings, broker = workload.settings, workload.executor.broker
    if not settings.database.host:
        yield from _database(settings.database)
    if broker:
        yield from broker.alarms


def _database(settings: DatabaseSettings) -> Iterator[Alarm]:
    name = settings.instance_class
    yield _of_instance(
        "cpu",
        ("CPUUtilization", "Average", Comparison.AT_LEAST, CPU_PERCENT),
        minutes=15,
        meaning=f"The database's CPU has been busy by {CPU_PERCENT} %.",
        remedy=f"{stack_key(('database', 'insights'))} shows which statements; else a larger {_CLASS}.",
    )
    yield _of_instance(
        "storage",
        ("FreeStorageSpace", "Minimum", Comparison.BELOW, settings.storage_gib * STORAGE_LEFT * GIB),
        minutes=5,
        meaning="The database's storage is nearly full, and did not grow by itself.",
        remedy=f"Raise {stack_key(('database', 'max_storage_gib'))}; "
        f"{stack_key(('database_maintenance', 'after_days'))} removes old rows.",
    )
    yield _of_instance(
        "memory",
        (
            "FreeableMemory",
            "Average",
            Comparison.BELOW,
            database_classes.memory_gib(name) * MEMORY_LEFT * GIB,
        ),
        minutes=15,
        meaning=f"The database ({name}) has hardly any memory left.",
        remedy=f"A larger {_CLASS}, or fewer connections.",
    )
    most = int(database_classes.max_connections(name) * CONNECTIONS_TAKEN)
    yield _of_instance(
        "connections",
        ("DatabaseConnections", "Maximum", Comparison.AT_LEAST, most),
        minutes=5,
        meaning=f"{most} connections are open, most of those that {name} allows.",
        remedy=f"A larger {_CLASS} allows more. Other users of the database, and too many "
        "schedulers or API servers, take them.",
    )


def _of_instance(
    name: str,
    condition: tuple[str, str, Comparison, float],
    *,
    minutes: int,
    meaning: str,
    remedy: str,
) -> Alarm:
    metric, statistic, comparison, threshold = condition
    return Alarm(
        name=f"database-{name}",
        metric=Metric(
            namespace="AWS/RDS",
            name=metric,
            dimensions={"DBInstanceIdentifier": INSTANCE},
            statistic=statistic,
        ),
        comparison=comparison,
        threshold=threshold,
        periods=minutes,
        meaning=meaning,
        remedy=remedy,
    )
