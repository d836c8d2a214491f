"""What a simulation found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Moment:
    """The group at a moment.

    Attributes:
        seconds: after the load's begin.
        needed: workers that its tasks need.
        peak: the metric: the most that were needed within five minutes.
        running: workers that take tasks.
        desired: workers that AWS wants.
        waiting: tasks that wait.
        busy: tasks that run.
    """

    seconds: float
    needed: int
    peak: int
    running: int
    desired: int
    waiting: int
    busy: int


@dataclass(frozen=True, kw_only=True)
class Result:
    """The end of a simulation.

    Attributes:
        waits: how long each task waited for a slot, seconds, in the order of their starts.
        moments: the group over time, every ten seconds.
        worker_seconds: what Fargate bills, in seconds of one worker.
        task_seconds: how long tasks ran, together.
        seconds: how long the simulation was.
    """

    waits: Sequence[float]
    moments: Sequence[Moment]
    worker_seconds: float
    task_seconds: float
    seconds: float

    def wait(self, percent: float) -> float:
        """Give the time that so many percent of the tasks waited at most; 0 without tasks."""
        if not self.waits:
            return 0.0
        return sorted(self.waits)[max(0, math.ceil(len(self.waits) * percent / 100) - 1)]

    @property
    def most_workers(self) -> int:
        """How many workers ran at most."""
        return max((moment.running for moment in self.moments), default=0)

    @property
    def starts(self) -> int:
        """How often the number of workers was raised."""
        pairs = zip(self.moments, self.moments[1:], strict=False)
        return sum(after.desired > before.desired for before, after in pairs)

    def busy(self, concurrency: int) -> float:
        """Give the share of the billed slots that ran a task, 0 to 1."""
        slots = self.worker_seconds * concurrency
        return self.task_seconds / slots if slots else 0.0
