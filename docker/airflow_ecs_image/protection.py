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
MAX_MINUTES = 2880
AGENT_TIMEOUT_SECONDS = 6.0
"""Above the 4 s that the agent gives its own call of ECS, so that its answer is heard
(`ecsCallTimeout` in https://github.com/aws/amazon-ecs-agent, `taskprotection/v1/handlers/handlers.go`)."""
BLOCKED = "DEPLOYMENT_BLOCKED"
"""The *service* has as many protected tasks as it may; it says nothing of which task is to go.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html"""


class Protection:
    """This task's protection, at `$ECS_AGENT_URI`; without that, every method does nothing.

    It is taken for longer than any task may run, and again at most every five minutes as tasks arrive, so it
    covers each from start to end. A worker that hangs is replaced for its health check all the same.
    Every call blocks for up to `AGENT_TIMEOUT_SECONDS`.

    Attributes:
        refused: ECS refused it the last time that it answered; to be asked again.
        engaged: ECS may protect this task. True from the first time it was asked: a call that timed out may
            have been granted.
    """

    def __init__(
        self, agent_uri: str | None, longest: timedelta, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = agent_uri and f"{agent_uri}/task-protection/v1/state"
        self._minutes = min(math.ceil((longest + MARGIN) / timedelta(minutes=1)), MAX_MINUTES)
        self._clock = clock
        self._taken: float | None = None
        self._logged = ""
        self.refused = False
        self.engaged = False

    def due(self) -> bool:
        """Whether a task that arrives now is not covered to its end for certain."""
        late = self._taken is None or self._clock() - self._taken >= REFRESH_SECONDS
        return bool(self._url) and (late or self.refused)

    def take(self) -> None:
        """Ask for protection. Without an answer nothing is known: it stays `due`."""
        if not self._url:
            return
        held, self.engaged = self.engaged, True
        answered = self._put({"ProtectionEnabled": True, "ExpiresInMinutes": self._minutes})
        if answered == "":
            self._taken, self.refused = self._clock(), False
        elif answered is not None:
            self.refused = BLOCKED in answered
            self.engaged = held

    def release(self) -> None:
        """Let ECS stop the task. From here on a task that arrives finds none, and asks for it."""
        self._taken = None
        if self._url and self.engaged and self._put({"ProtectionEnabled": False}) == "":
            self.engaged = False

    def _put(self, state: dict[str, object]) -> str | None:
        """Send the wanted state; "" once it holds, ECS's reason where it refuses, None without an answer."""
        try:
            answer = request("PUT", str(self._url), state, AGENT_TIMEOUT_SECONDS)
        except TaskError as error:
            self._log_once(f"task protection {state} is not known to hold: {error}")
            return None
        refusal = answer.get("failure") or answer.get("error")
        self._log_once(f"task protection {state} was refused: {refusal}" if refusal else "")
        return str(refusal or "")

    def _log_once(self, trouble: str) -> None:
        """Log a trouble once, however often it is met in a row."""
        if trouble and trouble != self._logged:
            log.warning(trouble)
        self._logged = trouble
