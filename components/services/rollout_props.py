"""What a `Rollout` waits for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self


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
    """How many tasks the program wants."""
    scaled_externally: bool
    """Whether somebody else changes that number, so that the ECS service itself ignores the program's."""

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read them from the resource's properties, where each number is a float."""
        values: dict[str, Any] = {field.name: props[field.name] for field in fields(cls)}
        values["desired_count"] = int(values["desired_count"])
        values["capacity_provider_strategy"] = [
            {**one, "base": int(one["base"]), "weight": int(one["weight"])}
            for one in values["capacity_provider_strategy"]
        ]
        return cls(**values)

    def sets_count(self, before: "RolloutProps") -> bool:
        """Whether ECS must be given the number: no change of the ECS service itself does it."""
        if self.scaled_externally:
            return self.desired_count != before.desired_count
        return before.scaled_externally
