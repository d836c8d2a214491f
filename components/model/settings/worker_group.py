"""The settings of one worker group: Celery's workers of one size, which take tasks from the same queues."""

from dataclasses import dataclass
from typing import Any, Final

from ..aws.fargate import Capacity
from . import environment_rules
from .errors import Errors, SettingError, at, invalid, name_of
from .iam_settings import iam_statements
from .rules import between, each, matching
from .runner_settings import RunnerSettings
from .setting import changed, setting
from .task_settings import TaskSettings

DEFAULT_QUEUE: Final = "default"
"""The queue of tasks that name none."""
_QUEUE: Final = r"[A-Za-z0-9_.-]{1,64}"


def _queues(values: tuple[str, ...]) -> Errors:
    """At least one, each once."""
    if not values:
        yield invalid("must name at least one queue; got none. Its workers would take no task")
    yield from each(_QUEUE, "queues of 1 to 64 of A-Z a-z 0-9 _ . -")(values)
    for one in sorted({*values}):
        if values.count(one) > 1:
            yield invalid(f"must hold each queue once; got {one} {values.count(one)} times")


@dataclass(frozen=True, kw_only=True)
class WorkerGroup(RunnerSettings, TaskSettings):
    """Workers of one size, with a service, task role and log group of their own."""

    name: str = setting(
        "",
        "Its name: the service is worker-<name>. A change replaces the service.",
        matching(
            r"(?=.{1,20}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
            "1 to 20 of a-z 0-9, with single hyphens between, a letter first",
        ),
    )
    queues: tuple[str, ...] = setting(
        (),
        "Celery queues that its workers take tasks from, as `queue` of a task names them; several groups "
        f"may share one. One group at least serves {DEFAULT_QUEUE}, the queue of tasks that name none.",
        _queues,
    )
    minimum_count: int = setting(
        0,
        "Workers that always run, 0 to 99, below maximumCount: with 0, a group without tasks has none.",
        between(0, 99),
    )
    maximum_count: int = setting(
        0,
        "Workers that run at most, 1 to 100: AWS scales them between minimumCount and this, by the tasks of "
        "the group's queues that run or wait. 0: there are always as many as count.",
        between(0, 100),
    )
    concurrency: int = setting(
        0,
        "Tasks that one worker runs at once, 0 to 256; 0: one for each 360 MiB of its memory beyond 512, and "
        "at most 16 for each vCPU.",
        between(0, 256),
    )
    on_demand_base: int = setting(
        0,
        "The base: workers that run on demand before any other; needs spotPercent from 1 to 99.",
        between(0, 99),
    )
    extra_statements: tuple[dict[str, Any], ...] = setting(
        (),
        "IAM statements for its task role, in addition to those of all workers (iamExtraStatements), each "
        "with Action and Resource.",
        iam_statements,
        items=dict,
    )
    environment: dict[str, str] = setting(
        dict[str, str](),
        "Environment variables in plaintext, in addition to those of all workers (extraEnvironment).",
        environment_rules.environment,
    )

    @property
    def most(self) -> int:
        """How many workers run at most."""
        return self.maximum_count or self.count

    @property
    def capacity(self) -> Capacity:
        """The capacity that its workers run on."""
        return Capacity(spot_percent=self.spot_percent, on_demand_base=self.on_demand_base)

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        yield from super().errors()
        yield from self._scaling_errors()
        if self.on_demand_base:
            yield from self._base_errors()

    def _scaling_errors(self) -> Errors:
        maximum = name_of("maximum_count")
        if not self.maximum_count:
            if self.minimum_count:
                yield at(
                    "minimum_count",
                    f"has no effect without {maximum}; got {self.minimum_count}. Remove it, or set {maximum}",
                )
            return
        if self.minimum_count >= self.maximum_count:
            yield at(
                "minimum_count",
                f"must be below {maximum} ({self.maximum_count}); got {self.minimum_count}. Lower it, or set "
                f"{name_of('count')} in place of both",
            )
        for path in changed(self, ("count", "scaled_externally")):
            message = f"has no effect with {maximum}: AWS scales the group. Remove one of them"
            yield SettingError(path, message)

    def _base_errors(self) -> Errors:
        share, base = name_of("spot_percent"), self.on_demand_base
        if not self.spot_percent:
            yield at("on_demand_base", f"has no effect with {share} 0; got {base}. Remove it, or set {share}")
        elif self.spot_percent == 100:  # noqa: PLR2004, percent
            yield at(
                "on_demand_base",
                f"needs {share} of at most 99; got 100: ECS places no task on capacity of weight 0, the base "
                "neither. Lower it",
            )
        elif self.most and base >= self.most:
            count = name_of("maximum_count" if self.maximum_count else "count")
            yield at(
                "on_demand_base",
                f"must be below {count} ({self.most}); got {base}: no worker would run on Spot. Lower it",
            )
