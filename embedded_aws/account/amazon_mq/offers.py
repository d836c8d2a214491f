"""Which versions of RabbitMQ Amazon MQ offers, and on which instances: a dated table.

https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-version-management.html,
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-sizing-guidelines.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READ: Final = "2026-11-30"
"""When the sources were last read."""
_M7G: Final = tuple(
    f"mq.m7g.{size}"
    for size in ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
)
_M5: Final = tuple(f"mq.m5.{size}" for size in ("large", "xlarge", "2xlarge", "4xlarge"))


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A version.

    Attributes:
        patch: the version with the patch that a new broker gets.
        instance_types: what it runs on. AWS's page still has mq.t3.micro for 3.13; its API refuses that.
        limits: whether a configuration may set limits of resources.
    """

    patch: str
    instance_types: tuple[str, ...]
    limits: bool = False


OFFERS: Final = {
    "3.13": Offer(patch="3.13.7", instance_types=(*_M5, *_M7G)),
    "4.2": Offer(patch="4.2.1", instance_types=_M7G, limits=True),
}
NEWEST: Final = "4.2"
