"""Which of a service's deployments is the wanted one, and what has become of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

SETTLED_SECONDS = 15.0
"""ECS may still answer as before a change; what it still returns after so long is final.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html (eventual consistency)
"""
ROLLED_BACK_SECONDS = 60.0
"""A service that has another deployment for so long was rolled back, though ECS reports no failed one."""


class Verdict(Enum):
    """What to do after an answer of ECS."""

    WATCH = auto()
    """The desired deployment is the primary one: its tasks show the rest."""
    WAIT = auto()
    """Nothing is certain yet."""
    DEPLOY = auto()
    """ECS no longer tries to reach the desired state: the service must be updated again."""
    FAILED = auto()
    """The wanted deployment failed, and there is nothing else."""
    ROLLED_BACK = auto()
    """ECS went back to what was there before."""


@dataclass(kw_only=True)
class Watched:
    """The deployments of a service, answer by answer.

    One that failed before anybody watched is tried once more: the cause may be gone, as when a secret was
    mended, and nothing else in an `up` would start it again. ECS starts no task for a failed one.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """

    task_definition: str
    capacity_provider_strategy: Sequence[Mapping[str, Any]]
    desired_count: int
    _begun: float | None = None
    _failed_before: set[str] = field(default_factory=set[str])
    _tried: bool = False
    _apart_since: float | None = None

    def verdict(self, service: Mapping[str, Any], now: float) -> Verdict:
        """Evaluate an answer of DescribeServices, at a time in seconds.

        Another number of tasks is believed once it must be so: somebody scaled the service.
        """
        self._begun = now if self._begun is None else self._begun
        verdict = self._verdict(service["deployments"], now)
        asked = service["desiredCount"] == self.desired_count or now - self._begun >= SETTLED_SECONDS
        return verdict if asked or verdict is not Verdict.WATCH else Verdict.WAIT

    def _verdict(self, deployments: Sequence[Mapping[str, Any]], now: float) -> Verdict:
        newest = max(filter(self._is_wanted, deployments), key=lambda one: one["createdAt"], default=None)
        failed = newest is not None and newest.get("rolloutState") == "FAILED"
        if newest is not None and newest["status"] == "PRIMARY" and not failed:
            self._tried, self._apart_since = True, None
            return Verdict.WATCH
        if self._apart_since is None:
            self._apart_since = now
        if not self._tried and _rolling_back(deployments):
            return Verdict.WAIT
        news = newest is not None and failed and newest["id"] not in self._failed_before
        patience = ROLLED_BACK_SECONDS if self._tried else SETTLED_SECONDS
        if not news and now - self._apart_since < patience:
            return Verdict.WAIT
        if not self._tried:
            return Verdict.DEPLOY
        return Verdict.FAILED if newest is not None and newest["status"] == "PRIMARY" else Verdict.ROLLED_BACK

    def deployed(self, deployments: Sequence[Mapping[str, Any]]) -> None:
        """Record that the service was updated again, with these deployments before."""
        self._failed_before = {one["id"] for one in deployments if self._is_wanted(one)}
        self._tried, self._apart_since = True, None

    def _is_wanted(self, deployment: Mapping[str, Any]) -> bool:
        strategy = _normalized(deployment.get("capacityProviderStrategy", []))
        wanted = _normalized(self.capacity_provider_strategy)
        return deployment["taskDefinition"] == self.task_definition and strategy == wanted


def _normalized(strategy: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, int]]:
    """Give a strategy in a form that compares: without order, and with AWS's defaults."""
    return sorted((one["capacityProvider"], one.get("base") or 0, one.get("weight") or 0) for one in strategy)


def _rolling_back(deployments: Sequence[Mapping[str, Any]]) -> bool:
    """Whether ECS still goes back: what fails meanwhile has no completed deployment to go back to.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
    """
    return any(
        deployment["status"] == "PRIMARY" and deployment.get("rolloutState") == "IN_PROGRESS"
        for deployment in deployments
    )
