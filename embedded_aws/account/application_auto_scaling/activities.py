"""Scaling activities, and what those that are not over yet mean for the next.

https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-scaling-activities.html
"""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

DIMENSION: Final = "ecs:service:DesiredCount"
_MAX_ACTIVITIES: Final = 1000


@dataclass(kw_only=True, eq=False)
class Activity:
    """One activity of an ECS service's scalable target.

    Attributes:
        resource_id: `service/CLUSTER/NAME`.
        cause: in the service's words.
        desired: the count that is set; None: nothing is scaled.
        out: it adds tasks.
        base: the capacity from which it, and those that follow in its cooldown, count.
        cooldown_seconds: of the policy; None: no policy asked for it.
        start: seconds since the epoch.
    """

    resource_id: str
    cause: str
    desired: int | None
    out: bool
    base: int
    cooldown_seconds: float | None
    start: float
    end: float | None = None
    status: str = "InProgress"
    message: str = ""
    reasons: list[Mapping[str, Any]] = field(default_factory=list["Mapping[str, Any]"])
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def finish(self, status: str, message: str, now: float) -> None:
        """End it."""
        self.status, self.message, self.end = status, message, now

    def in_effect(self, now: float) -> bool:
        """Whether it is in progress, or its cooldown period is."""
        if self.end is None:
            return True
        return self.status == "Successful" and now < self.end + (self.cooldown_seconds or 0)

    def describe(self) -> dict[str, Any]:
        """Return a ScalingActivity of the API."""
        description = (
            "Attempting to scale due to alarm triggered"
            if self.desired is None
            else f"Setting desired count to {self.desired}."
        )
        return {
            "ActivityId": self.id,
            "ServiceNamespace": "ecs",
            "ResourceId": self.resource_id,
            "ScalableDimension": DIMENSION,
            "Description": description,
            "Cause": self.cause,
            "StartTime": self.start,
            **({} if self.end is None or self.desired is None else {"EndTime": self.end}),
            "StatusCode": self.status,
            **({"StatusMessage": self.message} if self.message else {}),
            **({"NotScaledReasons": self.reasons} if self.reasons else {}),
        }


class Activities:
    """All activities of one scalable target."""

    def __init__(self) -> None:
        self.scaled: deque[Activity] = deque(maxlen=_MAX_ACTIVITIES)
        self.not_scaled: deque[Activity] = deque(maxlen=_MAX_ACTIVITIES)
        self._last: dict[bool, Activity] = {}

    def last(self, now: float, *, out: bool) -> Activity | None:
        """Return the last scale-out or scale-in of a policy, while it or its cooldown lasts."""
        found = self._last.get(out)
        return found if found and found.in_effect(now) else None

    def begin(self, activity: Activity, now: float) -> None:
        """Begin an activity, which overrides the one in progress; a scale-out ends a scale-in's cooldown."""
        for other in self.in_progress:
            other.finish("Overridden", f"{other.message} Overridden by another activity.".lstrip(), now)
        self.scaled.append(activity)
        if activity.out:
            self._last.pop(False, None)
        if activity.cooldown_seconds is not None:
            self._last[activity.out] = activity

    @property
    def in_progress(self) -> list[Activity]:
        """Those that are not over."""
        return [one for one in self.scaled if one.end is None]
