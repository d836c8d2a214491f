"""Redis or Valkey as the broker, in ElastiCache."""

from dataclasses import dataclass
from typing import Final

from .. import image_contract as image
from ..alarm import Alarm, Comparison, Metric, NameOf
from ..secrets import Secret
from ..settings.broker_settings import BrokerKind
from ..settings.settings import Settings
from ..url_encoding import encoded
from .broker import BROKER, Broker, visibility_timeout_seconds

PORT: Final = 6379
MEMORY_PERCENT: Final = 75


@dataclass(frozen=True, kw_only=True)
class Redis(Broker):
    """A broker that speaks Redis' protocol, which the cluster creates."""


def broker(settings: Settings) -> Broker | None:
    """Give the broker, which speaks Redis' protocol with either engine, where the settings choose it."""
    if settings.broker.kind is not BrokerKind.REDIS:
        return None
    timeout = str(visibility_timeout_seconds(settings))
    return Redis(
        port=PORT,
        secrets=frozenset({Secret.BROKER_URL}),
        environment={"AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__VISIBILITY_TIMEOUT": timeout},
        alarms=tuple(_memory(number) for number in range(1, 2 + settings.broker.replica_count)),
    )


def _memory(number: int) -> Alarm:
    """Watch a node's memory; ElastiCache numbers the nodes of a replication group.

    https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/CacheMetrics.Redis.html
    """
    node = NameOf(resource=BROKER, suffix=f"-{number:03}")
    return Alarm(
        name=f"broker-memory-{number}",
        metric=Metric(
            namespace="AWS/ElastiCache",
            name="DatabaseMemoryUsagePercentage",
            dimensions={"CacheClusterId": node},
            statistic="Maximum",
        ),
        comparison=Comparison.AT_LEAST,
        threshold=MEMORY_PERCENT,
        periods=5,
        meaning=f"Node {number} of the broker uses {MEMORY_PERCENT} % of its memory; full, it refuses tasks.",
        remedy="Tasks wait that nobody takes: see the alarms of workers. Else a larger node type.",
    )


def url(*, token: str, host: str, port: int) -> str:
    """Build the broker's URL: Redis' protocol over TLS, the certificate checked."""
    query = f"ssl_cert_reqs=required&ssl_ca_certs={image.BROKER_CA_FILE}"
    return f"rediss://:{encoded(token)}@{host}:{port}/0?{query}"
