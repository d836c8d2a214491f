"""Health checks of target groups, with the reasons that DescribeTargetHealth gives.

Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_FIRST_PROBES_SECONDS = 1.0
"""A new target is probed this often, since its first success makes it healthy."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """A target group's health check; `matcher` is like `200,300-399`."""

    protocol: str
    path: str
    interval_seconds: float
    timeout_seconds: float
    healthy_threshold: int
    unhealthy_threshold: int
    matcher: str


@dataclass(frozen=True)
class Health:
    """A target's state with its reason code and description."""

    state: str
    reason: str | None = None
    description: str | None = None


HEALTHY = Health("healthy")
INITIAL = Health("initial", "Elb.InitialHealthChecking", "Initial health checks in progress")


class TargetCheck:
    """Checks one target until told to end."""

    def __init__(self, address: str, port: int, check: Check, changed: Callable[[], None]) -> None:
        self.health = INITIAL
        self._address, self._port, self._check, self._changed = address, port, check, changed
        self._ended = threading.Event()
        threading.Thread(target=self._run, name=f"check-{address}:{port}", daemon=True).start()

    def end(self) -> None:
        """Check no more."""
        self._ended.set()

    def _run(self) -> None:
        check = self._check
        started, successes, failures = time.monotonic(), 0, 0
        while not self._ended.is_set():
            failure = self._probe()
            successes, failures = (successes + 1, 0) if failure is None else (0, failures + 1)
            new = self.health.state == "initial"
            if failure is None:
                if new or (self.health.state == "unhealthy" and successes >= check.healthy_threshold):
                    self._enter(HEALTHY)
            elif new:
                if time.monotonic() - started >= check.interval_seconds * (check.unhealthy_threshold - 1):
                    self._enter(failure)
            elif failures >= check.unhealthy_threshold:
                self._enter(failure)
            young = self.health.state == "initial"
            self._ended.wait(
                min(check.interval_seconds, _FIRST_PROBES_SECONDS) if young else check.interval_seconds
            )

    def _enter(self, health: Health) -> None:
        if health != self.health:
            self.health = health
            self._changed()

    def _probe(self) -> Health | None:
        """Return None for a success."""
        check = self._check
        try:
            if check.protocol == "TCP":
                socket.create_connection((self._address, self._port), check.timeout_seconds).close()
                return None
            status = self._get()
        except TimeoutError:
            return Health("unhealthy", "Target.Timeout", "Request timed out")
        except (OSError, http.client.HTTPException):
            return Health("unhealthy", "Target.FailedHealthChecks", "Health checks failed")
        if matches(check.matcher, status):
            return None
        text = f"Health checks failed with these codes: [{status}]"
        return Health("unhealthy", "Target.ResponseCodeMismatch", text)

    def _get(self) -> int:
        timeout = self._check.timeout_seconds
        if self._check.protocol == "HTTPS":
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # as an ALB does with targets
            connection = http.client.HTTPSConnection(
                self._address, self._port, timeout=timeout, context=context
            )
        else:
            connection = http.client.HTTPConnection(self._address, self._port, timeout=timeout)
        try:
            headers = {"User-MetadataEndpoint": "ELB-HealthChecker/2.0", "Connection": "close"}
            connection.request("GET", self._check.path, headers=headers)
            return connection.getresponse().status
        finally:
            connection.close()


def matches(matcher: str, status: int) -> bool:
    """Whether a status is in a list like `200,300-399`."""
    for part in matcher.split(","):
        low, _, high = part.strip().partition("-")
        if int(low) <= status <= int(high or low):
            return True
    return False
