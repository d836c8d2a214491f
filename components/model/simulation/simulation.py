"""Replays a load on a worker group that AWS scales, event by event.

The metric, the alarms, the steps of the policies and their cooldown are those of `..services.scaling`; what
AWS does with them, as the embedded account does it, is
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-stepscaling.html
"""

import heapq
import itertools
import math
from collections import deque
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

from ..services import scaling
from ..services.scaling import Scaling
from .delays import Delays
from .loads import Load, Task
from .result import Moment, Result
from .workers import Worker, Workers

QUIET_SECONDS: Final = 3600
"""How long a simulation goes on after the last task: until all workers beyond the minimum have gone."""


class Event(Enum):
    """What happens at a moment; of events at the same moment, the first in this list comes first."""

    FINISHED = auto()
    STARTED = auto()
    QUEUED = auto()
    PUBLISH = auto()
    EVALUATE = auto()


@dataclass(frozen=True, kw_only=True)
class Group:
    """A worker group.

    Attributes:
        scaling: between which numbers AWS scales it.
        concurrency: tasks that one worker runs at once.
    """

    scaling: Scaling
    concurrency: int


class Simulation:
    """One replay.

    Args:
        group: the worker group, which has its minimum of workers when the load begins.
        load: its tasks, in order of their times.
        delays: how long each step takes.
    """

    def __init__(self, group: Group, load: Load, delays: Delays) -> None:
        self._group, self._load, self._delays = group, load, delays
        self._steps = scaling.steps(group.scaling)
        self._events: list[tuple[float, int, int, Any]] = []
        self._order = itertools.count()
        self._workers = Workers(group.concurrency, delays, desired=group.scaling.minimum)
        self._waiting: deque[Task] = deque()
        self._running = 0
        self._needs: deque[tuple[float, int]] = deque()
        self._alarm: tuple[str, float] = ("", 0.0)
        self._last_in = -math.inf
        self._waits: list[float] = []
        self._moments: list[Moment] = []
        self._end = max((task.queued + task.seconds for task in load), default=0.0) + QUIET_SECONDS

    def run(self) -> Result:
        """Replay the load until its last task has ended, and an hour more."""
        for worker in self._workers.settle(-self._delays.worker):
            self._workers.started(worker)
        for task in self._load:
            self._at(task.queued, Event.QUEUED, task)
        self._at(0.0, Event.PUBLISH)
        self._at(self._delays.evaluation / 2, Event.EVALUATE)
        while self._events:
            now, kind, _, subject = heapq.heappop(self._events)
            self._happen(now, Event(kind), subject)
        end = self._end
        return Result(
            waits=tuple(self._waits),
            moments=tuple(self._moments),
            worker_seconds=self._workers.billed_seconds(end),
            task_seconds=sum(task.seconds for task in self._load),
            seconds=end,
        )

    def capacity(self, needed: int) -> int:
        """Give the step's capacity for a need of so many workers."""
        minimum = self._group.scaling.minimum
        above = needed - (minimum + 1)
        for step in self._steps:
            if above >= (step.lower or 0) and (step.upper is None or above < step.upper):
                return minimum if above < 0 else step.capacity
        return minimum

    def _at(self, moment: float, event: Event, subject: Any = None) -> None:
        heapq.heappush(self._events, (moment, event.value, next(self._order), subject))

    def _happen(self, now: float, event: Event, subject: Any) -> None:
        match event:
            case Event.FINISHED:
                self._finished(subject, now)
            case Event.STARTED:
                self._workers.started(subject)
            case Event.QUEUED:
                self._waiting.append(subject)
            case Event.PUBLISH:
                self._publish(now)
            case Event.EVALUATE:
                self._evaluate(now)
        self._assign(now)

    def _finished(self, worker: Worker, now: float) -> None:
        self._running -= 1
        self._workers.finished(worker)
        self._assign(now)
        if not worker.busy:  # it has given its protection back
            self._settle(now)

    def _assign(self, now: float) -> None:
        while self._waiting and (worker := self._workers.take()):
            task = self._waiting.popleft()
            self._waits.append(now - task.queued)
            self._running += 1
            self._at(now + task.seconds, Event.FINISHED, worker)

    def _publish(self, now: float) -> None:
        needed = math.ceil((self._running + len(self._waiting)) / self._group.concurrency)
        while self._needs and self._needs[0][0] <= now - self._delays.memory:
            self._needs.popleft()
        while self._needs and self._needs[-1][1] <= needed:
            self._needs.pop()
        self._needs.append((now, needed))
        self._moments.append(
            Moment(
                seconds=now,
                needed=needed,
                peak=self._needs[0][1],
                running=self._workers.running,
                desired=self._workers.desired,
                waiting=len(self._waiting),
                busy=self._running,
            )
        )
        if now < self._end or self._waiting or self._running:
            self._at(now + self._delays.publish, Event.PUBLISH)

    def _evaluate(self, now: float) -> None:
        needed, minimum = self._needs[0][1], self._group.scaling.minimum
        state = "out" if needed > minimum else "in"
        before, invoked = self._alarm
        if state != before or now - invoked >= self._delays.repeat:
            self._alarm = (state, now)
            self._scale(needed if state == "out" else minimum, now)
        if now < self._end or self._waiting or self._running:
            self._at(now + self._delays.evaluation, Event.EVALUATE)

    def _scale(self, needed: int, now: float) -> None:
        wanted = self.capacity(needed)
        if wanted < self._workers.desired:
            if now - self._last_in < self._delays.cooldown:
                return
            self._last_in = now
        elif wanted > self._workers.desired:
            self._last_in = -math.inf
        self._workers.desired = wanted
        self._settle(now)

    def _settle(self, now: float) -> None:
        for worker in self._workers.settle(now):
            self._at(now + self._delays.worker, Event.STARTED, worker)
