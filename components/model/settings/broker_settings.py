"""The Celery broker's settings."""

from dataclasses import dataclass
from enum import StrEnum

from .rules import between, matching
from .setting import Section, setting


class BrokerEngine(StrEnum):
    """The ElastiCache engine behind Celery."""

    VALKEY = "valkey"
    REDIS = "redis"


@dataclass(frozen=True, kw_only=True)
class BrokerSettings(Section):
    """The Celery broker, ElastiCache (CeleryExecutor only)."""

    engine: BrokerEngine = setting(
        BrokerEngine.VALKEY, "valkey costs 20 % less than redis and speaks the same protocol."
    )
    node_type: str = setting(
        "cache.t4g.micro",
        "ElastiCache node type.",
        matching(r"cache\.[a-z0-9]+\.[a-z0-9]+", "an ElastiCache node type such as cache.t4g.micro"),
    )
    replica_count: int = setting(
        0,
        "Replicas in other zones, 0 to 5; with one or more the broker fails over by itself. Without one, a "
        "node that AWS replaces loses what is queued, and its tasks are queued again after ten minutes.",
        between(0, 5),
    )
