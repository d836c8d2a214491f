"""Whether tasks that were all healthy stay so: the first good health check does not prove that they work.

ECS's circuit breaker does not see it either: it counts tasks that never become healthy.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

BY_ITSELF = ("EssentialContainerExited", "TaskFailedToStart")
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html (stopCode)"""
UNHEALTHY = ("failed container health checks", "failed ELB health checks")
"""What ECS itself stops a task for, of all that it calls ServiceSchedulerInitiated.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""


@dataclass(kw_only=True)
class Settling:
    """Watches a service's new tasks from the moment at which all of them are healthy.

    A task that was replaced before that is forgiven, as it may have waited for something in vain.
    """

    seconds: float
    _since: float | None = None
    _tasks: set[str] = field(default_factory=set[str])

    def begin(self, now: float) -> None:
        """Take note that all tasks are healthy, for the first time or once more."""
        self._since = now if self._since is None else self._since

    @property
    def begun(self) -> bool:
        """Whether all tasks have been healthy."""
        return self._since is not None

    def over(self, now: float) -> bool:
        """Whether the time has passed."""
        return self._since is not None and now - self._since >= self.seconds

    def ended(self, running: Iterable[Mapping[str, Any]], stopped: Iterable[Mapping[str, Any]]) -> bool:
        """Whether one of the new tasks that ran since then has ended by itself."""
        self._tasks |= {task["taskArn"] for task in running}
        return any(task["taskArn"] in self._tasks and ended_by_itself(task) for task in stopped)


def ended_by_itself(task: Mapping[str, Any]) -> bool:
    """Whether it was the task's own end: not scaled in, replaced, stopped by somebody or taken by Spot."""
    reason = task.get("stoppedReason") or ""
    return task.get("stopCode") in BY_ITSELF or any(words in reason for words in UNHEALTHY)
