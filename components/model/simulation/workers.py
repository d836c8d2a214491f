"""The workers of a simulated group, as ECS starts and stops them and as Celery gives them tasks."""

from collections import deque
from dataclasses import dataclass, field

from .delays import Delays

MIN_BILLED_SECONDS = 60
"""https://aws.amazon.com/fargate/pricing/"""


@dataclass(eq=False)
class Worker:
    """One worker: wanted at `since`, ready for tasks later, perhaps gone at `ended`."""

    since: float
    ready: bool = False
    busy: int = 0
    ended: float | None = None


@dataclass
class Workers:
    """All workers of a group.

    Attributes:
        concurrency: tasks that one runs at once.
        delays: how long they take to start and stop.
        desired: the service's desired count.
    """

    concurrency: int
    delays: Delays
    desired: int = 0
    present: list[Worker] = field(default_factory=list[Worker])
    gone: list[Worker] = field(default_factory=list[Worker])
    _free: deque[Worker] = field(default_factory=deque[Worker])

    @property
    def running(self) -> int:
        """How many are ready for tasks."""
        return sum(worker.ready for worker in self.present)

    def settle(self, now: float) -> list[Worker]:
        """Bring the number to the desired one, as far as protected workers allow; return the new ones."""
        added = [Worker(now) for _ in range(self.desired - len(self.present))]
        self.present += added
        idle = [worker for worker in self.present if not worker.busy]
        idle.sort(key=lambda worker: (worker.ready, -worker.since))
        for worker in idle[: max(0, len(self.present) - self.desired)]:
            self._stop(worker, now)
        return added

    def started(self, worker: Worker) -> None:
        """Let a worker take tasks, unless it was stopped meanwhile."""
        if worker.ended is None:
            worker.ready = True
            self._free.append(worker)

    def take(self) -> Worker | None:
        """Give a task to the worker that has waited for one longest, as the broker does."""
        if not self._free:
            return None
        worker = self._free.popleft()
        worker.busy += 1
        if worker.busy < self.concurrency:
            self._free.append(worker)
        return worker

    def finished(self, worker: Worker) -> None:
        """End a task of a worker."""
        worker.busy -= 1
        if worker not in self._free:
            self._free.append(worker)

    def _stop(self, worker: Worker, now: float) -> None:
        worker.ended = now + self.delays.stop
        self.present.remove(worker)
        self.gone.append(worker)
        if worker in self._free:
            self._free.remove(worker)

    def billed_seconds(self, end: float) -> float:
        """Give what Fargate bills until `end`: from the image's pull to the end, a minute at least."""
        return sum(
            max(MIN_BILLED_SECONDS, (worker.ended or end) - worker.since - self.delays.provisioning)
            for worker in [*self.present, *self.gone]
        )
