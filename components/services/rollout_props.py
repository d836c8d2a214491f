"""What a `Rollout` waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

WATCHED = (
    *("cluster_arn", "service_name", "task_definition_arn", "capacity_provider_strategy"),
    *("desired_count", "maximum_count", "asleep"),
)
"""The properties that there is something to wait for when one of them changes."""


def changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether there is something to wait for."""
    released = bool(olds.get("scaled_externally")) and not news.get("scaled_externally")
    before = _completed(olds, news)
    return released or any(before.get(name) != news.get(name) for name in WATCHED)


def _completed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**news, **olds}


@dataclass(frozen=True, kw_only=True)
class RolloutProps:
    """The properties of a `Rollout` that its provider reads."""

    cluster_arn: str
    """The ECS cluster."""
    service_name: str
    """The service in it."""
    task_definition_arn: str
    """The revision that it must run."""
    capacity_provider_strategy: Sequence[Mapping[str, Any]]
    """The capacity that it must run on, in ECS's form."""
    container: str
    """The container whose log is shown where a task stopped."""
    log_group: str
    """Where that log is."""
    access: Mapping[str, Any]
    """The identity for calls to AWS: see `AwsAccess`."""
    timeout_seconds: float
    """How long to wait at most."""
    settling_seconds: float
    """How long all tasks must stay healthy."""
    desired_count: int
    """How many tasks the program wants; where it has them scaled, at least."""
    maximum_count: int
    """How many at most."""
    scaled_externally: bool
    """Whether somebody else changes that number, so that the ECS service itself ignores the program's."""
    asleep: bool
    """Whether the cluster sleeps: then no task runs, whoever changes the number."""
    until_idle: bool
    """Whether tasks that protect themselves are waited for, since what they need is stopped next."""

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read them from the resource's properties, where each number is a float."""
        values: dict[str, Any] = {field.name: props[field.name] for field in fields(cls)}
        values |= {name: int(values[name]) for name in ("desired_count", "maximum_count")}
        values["capacity_provider_strategy"] = [
            {**one, "base": int(one["base"]), "weight": int(one["weight"])}
            for one in values["capacity_provider_strategy"]
        ]
        return cls(**values)

    @classmethod
    def of_state(cls, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Self:
        """Read them from the state before; what that of an older program lacks is as it is now."""
        return cls.from_props(_completed(olds, news))

    def sets_count(self, before: "RolloutProps") -> bool:
        """Whether ECS must be given the number: no change of the ECS service itself does it."""
        if self.scaled_externally:
            return (self.bounds, self.asleep) != (before.bounds, before.asleep)
        return before.scaled_externally

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the most tasks; the same number where the program wants a certain one."""
        return self.desired_count, self.maximum_count

    def within_bounds(self, count: int) -> int:
        """Give the nearest number of tasks that the program wants."""
        return min(max(count, self.desired_count), self.maximum_count)

    @property
    def overdue(self) -> str:
        """Describe what is missing when the time is up."""
        if self.until_idle:
            return (
                f"its Airflow tasks have not ended after {self.timeout_seconds:.0f} s. They go on, and no "
                "other service is stopped before them; run `pulumi up` again to wait for them"
            )
        return f"it is not there after {self.timeout_seconds:.0f} s"
