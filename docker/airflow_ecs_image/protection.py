"""ECS task protection: a worker with work is neither scaled in nor replaced by a deployment.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

import logging
import math
import time
from collections.abc import Callable
from datetime import timedelta

from airflow_ecs_image.task import TaskError, request

log = logging.getLogger(__name__)

MARGIN = timedelta(minutes=10)
REFRESH_SECONDS = 300.0
LONGEST_MINUTES = 2880
AGENT_TIMEOUT_SECONDS = 3.0


class Protection:
    """This task's protection, at `$ECS_AGENT_URI`; without that, every method does nothing.

    It is taken for longer than any task may run, and again at most every five minutes as tasks arrive, so it
    covers each from start to end. A worker that hangs is replaced for its health check all the same.
    """

    def __init__(
        self, agent_uri: str | None, longest: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = agent_uri and f"{agent_uri}/task-protection/v1/state"
        self._minutes = min(math.ceil((longest + MARGIN) / timedelta(minutes=1)), LONGEST_MINUTES)
        self._clock = clock
        self._taken: float | None = None

    def take(self) -> bool:
        """Protect the task; False when ECS refuses since a deployment waits for this task to end."""
        if not self._url or (self._taken is not None and self._clock() - self._taken < REFRESH_SECONDS):
            return True
        if self._put({"ProtectionEnabled": True, "ExpiresInMinutes": self._minutes}):
            self._taken = self._clock()
            return True
        return False

    def release(self) -> None:
        """Let ECS stop the task."""
        if self._url and self._taken is not None and self._put({"ProtectionEnabled": False}):
            self._taken = None

    def _put(self, state: dict[str, object]) -> bool:
        """Send the wanted state; False where a deployment stands against it.

        An agent that does not answer is logged, and counts as done: work goes on without protection.
        """
        try:
            answer = request("PUT", str(self._url), state, AGENT_TIMEOUT_SECONDS)
            refusal = answer.get("failure") or answer.get("error")
        except TaskError as error:
            refusal = str(error)
        if not refusal:
            return True
        log.warning("task protection %s was refused: %s", state, refusal)
        return "DEPLOYMENT_BLOCKED" not in str(refusal)
