"""The Celery broker's settings."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..secrets import FIRST_NAME
from ..shown import shown
from .errors import Errors, at, name_of
from .rules import between, matching, names
from .setting import Section, setting


class BrokerKind(StrEnum):
    """Celery's message broker."""

    REDIS = "redis"
    SQS = "sqs"


class BrokerEngine(StrEnum):
    """The ElastiCache engine behind Celery."""

    VALKEY = "valkey"
    REDIS = "redis"


VERSIONS: Final = {BrokerEngine.VALKEY: "8.0", BrokerEngine.REDIS: "7.1"}
"""https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/supported-engine-versions.html"""
MAJOR_VERSIONS: Final = {BrokerEngine.VALKEY: ("7", "8", "9"), BrokerEngine.REDIS: ("7",)}
"""Those whose parameter family is the engine with the major version."""
_REDIS: Final = ("kind", BrokerKind.REDIS)


@dataclass(frozen=True, kw_only=True)
class BrokerSettings(Section):
    """The Celery broker (CeleryExecutor only)."""

    kind: BrokerKind = setting(
        BrokerKind.REDIS,
        "Where tasks wait for a worker. redis: Valkey or Redis in ElastiCache. sqs: Amazon SQS, with results "
        "in DynamoDB, paid by use, for tasks of at most 12 hours and without Flower. A change loses what is "
        "queued. See `docs/brokers.md`.",
    )
    engine: BrokerEngine = setting(
        BrokerEngine.VALKEY,
        "Engine of ElastiCache: valkey costs 20 % less than redis and speaks the same protocol.",
        needs=_REDIS,
    )
    engine_version: str = setting(
        "",
        "Version of the engine, MAJOR.MINOR. Empty: 8.0 of valkey, 7.1 of redis. AWS raises the minor "
        "version in a maintenance window: set that one here when a refresh finds it, since only a new "
        "broker goes back to an older one.",
        matching(r"(\d+\.\d+)?", "a version such as 8.1"),
        needs=_REDIS,
    )
    node_type: str = setting(
        "cache.t4g.micro",
        "ElastiCache node type.",
        matching(r"cache\.[a-z0-9]+\.[a-z0-9]+", "an ElastiCache node type such as cache.t4g.micro"),
        needs=_REDIS,
    )
    replica_count: int = setting(
        0,
        "Replicas in other zones, 0 to 5; with one or more the broker fails over by itself. Without one, a "
        "node that AWS replaces loses what is queued, and its tasks are queued again after ten minutes.",
        between(0, 5),
        needs=_REDIS,
    )
    token_names: tuple[str, ...] = setting(
        (FIRST_NAME,),
        "Names of the broker's tokens, 1 or 2: services use the first, and the broker accepts both. A new "
        "name makes a new token. `airflow-ecs rotate` changes them (docs/rotation.md).",
        names(2),
        needs=_REDIS,
    )

    @property
    def version(self) -> str:
        """The engine's version, MAJOR.MINOR."""
        return self.engine_version or VERSIONS[self.engine]

    @property
    def family(self) -> str:
        """The family of its parameters."""
        return f"{self.engine}{self.version.partition('.')[0]}"

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        majors = MAJOR_VERSIONS[self.engine]
        if self.version.partition(".")[0] not in majors:
            engine = f"{name_of('engine')} {self.engine}"
            yield at(
                "engine_version", f"must be {', '.join(majors)} with {engine}; got {shown(self.version)}"
            )
