"""What an invoked policy does with a service, by its counts, its target's bounds, and what was done before.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.account.application_auto_scaling.steps import EXACT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from embedded_aws.account.application_auto_scaling.activities import Activities
    from embedded_aws.account.application_auto_scaling.steps import StepScaling


@dataclass(frozen=True)
class Counts:
    """An ECS service, as far as scaling needs it.

    Attributes:
        desired: its desired count.
        running: its running tasks.
        deploying: a deployment is in progress.
    """

    desired: int
    running: int
    deploying: bool = False


@dataclass(frozen=True)
class Bounds:
    """A scalable target.

    Attributes:
        minimum: capacity.
        maximum: capacity.
        out_suspended: no policy scales out.
        in_suspended: no policy scales in.
    """

    minimum: int
    maximum: int
    out_suspended: bool = False
    in_suspended: bool = False


@dataclass(frozen=True)
class Decision:
    """What is to be done.

    Attributes:
        desired: the new desired count; None: none.
        out: tasks are added.
        base: from which capacity.
        reason: why nothing is done, as a NotScaledReason; None where nothing is recorded.
    """

    desired: int | None
    out: bool = False
    base: int = 0
    reason: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Situation:
    """What a policy finds.

    Attributes:
        counts: the service.
        bounds: its scalable target.
        before: what was done.
        now: seconds since the epoch.
    """

    counts: Counts
    bounds: Bounds
    before: Activities
    now: float

    def decide(self, policy: StepScaling, adjustment: int) -> Decision:
        """Decide about a policy whose step asks for an adjustment."""
        wanted = policy.capacity(self.counts.running, adjustment)
        change = wanted - self.counts.desired if policy.adjustment_type == EXACT else adjustment
        if change == 0:
            return _not_scaled("AlreadyAtDesiredCapacity", CurrentCapacity=self.counts.desired)
        out = change > 0
        if self.bounds.out_suspended if out else self.bounds.in_suspended:
            return Decision(None, out)
        return self._out(policy, adjustment) if out else self._in(wanted)

    def _out(self, policy: StepScaling, adjustment: int) -> Decision:
        desired, bounds = self.counts.desired, self.bounds
        initiating = self.before.last(self.now, out=True)
        base = initiating.base if initiating else self.counts.running
        wanted = min(policy.capacity(base, adjustment), bounds.maximum)
        if desired < bounds.minimum:
            wanted = bounds.minimum
        if wanted > desired:
            return Decision(wanted, out=True, base=base)
        if desired >= bounds.maximum:
            return _not_scaled("AlreadyAtMaxCapacity", out=True, MaxCapacity=bounds.maximum)
        return _not_scaled("AlreadyAtDesiredCapacity", out=True, CurrentCapacity=desired)

    def _in(self, wanted: int) -> Decision:
        desired, bounds = self.counts.desired, self.bounds
        if self.counts.deploying:
            return _not_scaled("TargetServicePutResourceAsUnscalable")
        if self.before.last(self.now, out=False):
            return Decision(None)
        wanted = bounds.maximum if desired > bounds.maximum else max(wanted, bounds.minimum)
        if wanted < desired:
            return Decision(wanted, base=self.counts.running)
        if desired <= bounds.minimum:
            return _not_scaled("AlreadyAtMinCapacity", MinCapacity=bounds.minimum)
        return _not_scaled("AlreadyAtDesiredCapacity", CurrentCapacity=desired)


def _not_scaled(code: str, *, out: bool = False, **values: int) -> Decision:
    return Decision(None, out, reason={"Code": code, **values})
