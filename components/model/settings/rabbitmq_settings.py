"""RabbitMQ's settings."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ..shown import shown
from .errors import Errors, at, name_of
from .rules import matching
from .setting import Section, setting

READ: Final = "2026-11-30"
"""When AWS's pages on what it offers were last read:
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-version-management.html,
https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-sizing-guidelines.html
"""
M7G: Final = tuple(
    f"mq.m7g.{size}"
    for size in ("medium", "large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
)
M5: Final = tuple(f"mq.m5.{size}" for size in ("large", "xlarge", "2xlarge", "4xlarge"))


class RabbitmqVersion(StrEnum):
    """The versions that Amazon MQ offers; it installs their patches."""

    V3_13 = "3.13"
    V4_2 = "4.2"


INSTANCE_TYPES: Final = {RabbitmqVersion.V3_13: (*M5, *M7G), RabbitmqVersion.V4_2: M7G}
"""What each version runs on."""
DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, kw_only=True)
class RabbitmqSettings(Section):
    """RabbitMQ in Amazon MQ."""

    engine_version: RabbitmqVersion = setting(
        RabbitmqVersion.V4_2,
        "Version of RabbitMQ, MAJOR.MINOR; AWS installs patches in the maintenance window.",
    )
    instance_type: str = setting(
        "mq.m7g.medium",
        "Amazon MQ instance type. mq.m7g.medium is meant for tests; it takes 100 connections with 4.2. "
        "A change reboots the broker.",
        matching(r"mq\.[a-z0-9]+\.[a-z0-9]+", "an Amazon MQ instance type such as mq.m7g.large"),
    )
    cluster: bool = setting(
        default=False,
        doc="Three nodes in several zones, each with a copy of every message, instead of one. Survives the "
        "loss of a node, and maintenance; costs three times as much. A change replaces the broker.",
    )
    maintenance_window: str = setting(
        "sunday 03:00",
        "When AWS may maintain the broker, and reboot it: a day and an hour in UTC.",
        matching(rf"({'|'.join(DAYS)}) ([01]\d|2[0-3]):[0-5]\d", "a day and a time such as sunday 03:00"),
    )

    @property
    def maintenance(self) -> tuple[str, str]:
        """Day and time of the maintenance window, as AWS has them."""
        day, _, time = self.maintenance_window.partition(" ")
        return day.upper(), time

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        offered, version = INSTANCE_TYPES[self.engine_version], name_of("engine_version")
        if self.instance_type not in offered:
            yield at(
                "instance_type",
                f"must be one of {', '.join(offered)} with {version} {self.engine_version}; "
                f"got {shown(self.instance_type)}",
            )
