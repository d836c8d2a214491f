"""The logs' settings."""

from dataclasses import dataclass

from .rules import matching, one_of
from .setting import Section, setting

# fmt: off
RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)
# fmt: on
"""What CloudWatch accepts.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
"""


@dataclass(frozen=True, kw_only=True)
class LogsSettings(Section):
    """Which logs are kept, where and how long."""

    bucket: str = setting(
        "",
        "Name of an existing bucket for the tasks' logs. Its owner manages lifecycle and encryption. "
        "Empty: one is created.",
        matching(r"([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?", "the name of a bucket"),
    )
    retention_days: int = setting(
        30,
        "Days that CloudWatch keeps the containers' output, and S3 the tasks' logs.",
        one_of(*RETENTION_DAYS),
    )
    events: bool = setting(
        default=True,
        doc="Log ECS's events: stopped tasks with the reason, and deployments. Takes one of the ten resource "
        "policies that CloudWatch Logs allows in a region.",
    )
