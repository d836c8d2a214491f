"""How long each step takes between a task's arrival and its start on a new worker: a dated table.

None of it was measured on AWS by this project.
"""

from dataclasses import dataclass, replace
from typing import Final

from ..services import scaling

READ: Final = "2026-11-30"
"""When the sources were last read."""
_ALARMS: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"
_LAUNCHES: Final = "https://www.vladionescu.me/posts/scaling-containers-on-aws-in-2022/"
_STEPS: Final = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html"


@dataclass(frozen=True, kw_only=True)
class Delay:
    """One delay.

    Attributes:
        seconds: how long it is.
        what: what it is.
        source: the page or file that has it.
    """

    seconds: float
    what: str
    source: str


TABLE: Final = {
    "publish": Delay(
        seconds=scaling.PERIOD_SECONDS,
        what="between two values of the metric",
        source="docker/airflow_ecs_image/metrics.py",
    ),
    "memory": Delay(
        seconds=300,
        what="that a value is remembered for: the metric is the largest one of this time",
        source="docker/airflow_ecs_image/metrics.py",
    ),
    "evaluation": Delay(
        seconds=10, what="between two evaluations of a high-resolution alarm", source=_ALARMS
    ),
    "repeat": Delay(
        seconds=60,
        what="after which an alarm that stays in its state invokes its policy again",
        source=_STEPS,
    ),
    "provisioning": Delay(
        seconds=30, what="from the new desired count until Fargate pulls the image", source=_LAUNCHES
    ),
    "start": Delay(
        seconds=10,
        what="from the container's start until the worker takes tasks: twice what this project measured",
        source="docs/image.md",
    ),
    "stop": Delay(
        seconds=5,
        what="from the decision to stop an idle worker until it has ended; assumed",
        source="docker/airflow_ecs_image/worker.py",
    ),
}
PULL_MB_PER_SECOND: Final = 15.0
PULL_SOURCE: Final = "https://elasticscale.com/blog/reduce-aws-fargate-pull-times-with-soci"
"""Ten starts of an image of 413 MB took 53 to 62 s, 57 on average; less "provisioning" that is 15 MB/s."""


@dataclass(frozen=True, kw_only=True)
class Delays:
    """The delays of a simulation, in seconds; `pull` follows from the image's compressed size."""

    publish: float = TABLE["publish"].seconds
    memory: float = TABLE["memory"].seconds
    evaluation: float = TABLE["evaluation"].seconds
    repeat: float = TABLE["repeat"].seconds
    cooldown: float = scaling.COOLDOWN_SECONDS
    provisioning: float = TABLE["provisioning"].seconds
    pull: float = 0.0
    start: float = TABLE["start"].seconds
    stop: float = TABLE["stop"].seconds

    @classmethod
    def of_image(cls, megabytes: float) -> "Delays":
        """Take the table's, with the pull of an image of a compressed size in MB."""
        return replace(cls(), pull=megabytes / PULL_MB_PER_SECOND)

    @property
    def worker(self) -> float:
        """From the new desired count until the worker takes tasks."""
        return self.provisioning + self.pull + self.start
