"""Whether a worker, or a scheduler with LocalExecutor, takes tasks, and the protection that it holds.

- It asks for protection with each task that it receives, and gives it back when it has none.
- A refusal is never final: it is asked again at each tick.
- A refused worker takes no new task, since ECS may want it gone, until ECS grants protection or has let it
  be for a minute in which it was idle and unprotected: an old task would have been stopped by then.
- Where ECS says that the worker's own deployment is the one that stays and only older tasks hold the
  protection, it works on at once, unprotected: nothing but another deployment or a scale-in would stop it,
  and the older tasks may work for hours.
- Where newer tasks run in its place, it takes no new task, so that a busy queue cannot hold a deployment up.
"""

import logging
import threading
import time
from collections.abc import Callable

from airflow_ecs_image.deployment import Standing
from airflow_ecs_image.protection import Protection

log = logging.getLogger(__name__)

LET_BE_SECONDS = 60.0
STANDING_SECONDS = 60.0
STUCK_SECONDS = 600.0


class Intake:
    """Its methods are called in the worker's event loop and never block; a thread asks ECS."""

    def __init__(
        self,
        protection: Protection,
        ask_standing: Callable[[], Standing],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._protection, self._ask_standing, self._clock = protection, ask_standing, clock
        self._working = False
        self._let_be = False
        self._idle_since: float | None = None
        self._standing = Standing.UNKNOWN
        self._standing_asked: float | None = None
        self._turn = threading.Event()
        self._thread: threading.Thread | None = None

    def received(self) -> None:
        """A task has come."""
        self._working = True
        if self._protection.due():
            self.ask()

    def tick(self, *, working: bool) -> None:
        """Some seconds have passed; `working`: tasks run or wait inside this worker."""
        self._working = working
        if working:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self._clock()
        if not self._protection.refused:
            self._let_be = False
        elif not self._protection.engaged and self._idle_seconds() >= LET_BE_SECONDS:
            self._let_be = True
        if (working and self._protection.due()) or self._concerned():
            self.ask()

    def open(self) -> bool:
        """Whether to take tasks."""
        if self._standing is Standing.LEAVES:
            return False
        return not self._protection.refused or self._let_be or self._standing is Standing.STAYS_WITH_OLDER

    def stuck(self) -> bool:
        """Whether it takes no tasks, has none, and nobody has stopped it for ten minutes."""
        return not self.open() and self._idle_seconds() >= STUCK_SECONDS

    def step(self) -> None:
        """Ask ECS what there is to ask, in the thread; blocks."""
        protection = self._protection
        if self._working:
            if protection.due():
                protection.take()
        elif protection.engaged:
            protection.release()
        elif protection.refused:
            protection.take()
        if self._concerned():
            self._look()

    def _concerned(self) -> bool:
        """Whether ECS's wishes bear on this worker now; an idle one that nobody refused asks nothing."""
        protection = self._protection
        return protection.engaged or protection.refused or self._standing is Standing.LEAVES

    def _look(self) -> None:
        now = self._clock()
        if self._standing_asked is not None and now - self._standing_asked < STANDING_SECONDS:
            return
        self._standing_asked = now
        found = self._ask_standing()
        if found is not self._standing:
            log.info("this task's deployment: %s", found.value)
        self._standing = found

    def _idle_seconds(self) -> float:
        return 0.0 if self._idle_since is None else self._clock() - self._idle_since

    def ask(self) -> None:
        """Give the thread a turn."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="task-protection", daemon=True)
            self._thread.start()
        self._turn.set()

    def _serve(self) -> None:
        while True:
            self._turn.wait()
            self._turn.clear()
            try:
                self.step()
            except Exception:
                log.exception("task protection")
