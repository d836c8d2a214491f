# pyright: basic
# moto and boto3 have no types.
"""Changes the desired counts of ECS services, by scaling policies and by the bounds of scalable targets.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-auto-scaling.html
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.models import ecs_backends
from moto.utilities.utils import get_partition

from embedded_aws.account import role_sessions
from embedded_aws.account.application_auto_scaling import service_linked_role
from embedded_aws.account.application_auto_scaling.activities import DIMENSION, Activities, Activity
from embedded_aws.account.application_auto_scaling.decision import Bounds, Counts, Decision, Situation
from embedded_aws.account.application_auto_scaling.steps import StepScaling
from embedded_aws.account.authorization import Place
from embedded_aws.account.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedded_aws.account.account import Account
    from embedded_aws.account.cloudwatch.alarms import Invocation

LOG = logging.getLogger(__name__)
_TICK_SECONDS = 1.0
_SERVICE_PARTS = 3


@dataclass(frozen=True)
class _Proposal:
    """What one invoked policy asks for."""

    region: str
    resource_id: str
    cause: str
    cooldown_seconds: float
    decision: Decision


class _FailedError(Exception):
    """Why a policy cannot be executed."""


class Scaling:
    """All scalable targets of the account that are ECS services.

    Args:
        account: whose services.
        clock: returns seconds since the epoch.
    """

    def __init__(self, account: Account, clock: Callable[[], float] = time.time) -> None:
        self._account, self._clock = account, clock
        self._activities: dict[tuple[str, str], Activities] = {}
        self._registered: deque[tuple[str, str]] = deque()
        self._lock = threading.Lock()
        self._periodic = Periodic("scaling", self.look, _TICK_SECONDS)

    def start(self) -> None:
        """Start the thread."""
        self._periodic.start()

    def end(self) -> None:
        """Scale nothing any more."""
        self._periodic.end()

    def registered(self, region: str, resource_id: str) -> None:
        """Bring a service's count within the bounds of its target, soon."""
        self._registered.append((region, resource_id))

    def deregistered(self, region: str, resource_id: str) -> None:
        """Forget the cooldown periods of a target."""
        with self._lock:
            self._activities.pop((region, resource_id), None)

    def activities(self, region: str) -> list[tuple[Activity, bool]]:
        """Return the activities of a region, newest first; whether each of them scaled."""
        with self._lock:
            found = [
                (one, scaled)
                for (place, _), known in self._activities.items()
                for scaled, kind in ((True, known.scaled), (False, known.not_scaled))
                for one in kind
                if place == region
            ]
        return sorted(found, key=lambda one: one[0].start, reverse=True)

    def look(self) -> None:
        """Bring counts within new bounds, and end the activities that ECS has fulfilled."""
        while self._registered:
            with self._lock:
                self._bring_within(*self._registered.popleft())
        with self._lock:
            for (region, resource_id), known in self._activities.items():
                for activity in known.in_progress:
                    self._follow(region, resource_id, activity)

    def scale(self, invocations: Sequence[Invocation]) -> list[str | None]:
        """Scale by policies that alarms invoked together; return why each of them failed, or None.

        The policy that gives a target the largest capacity has precedence:
        https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
        """
        failures: list[str | None] = []
        proposals: dict[tuple[str, str], list[_Proposal]] = {}
        with self._lock:
            for invocation in invocations:
                try:
                    found = self._propose(invocation)
                except _FailedError as error:
                    failures.append(str(error))
                    continue
                failures.append(None)
                if found:
                    proposals.setdefault((found.region, found.resource_id), []).append(found)
            for key, several in proposals.items():
                self._execute(self._activities.setdefault(key, Activities()), several)
        return failures

    def _propose(self, invocation: Invocation) -> _Proposal | None:
        region = invocation.region
        backend: Any = applicationautoscaling_backends[DEFAULT_ACCOUNT_ID][region]
        arn = invocation.action.partition(":createdBy/")[0]
        policy = next((one for one in list(backend.policies.values()) if one.policy_arn == arn), None)
        if policy is None:
            raise _FailedError(f"No scaling policy found for {arn}")
        if policy.policy_type != "StepScaling":
            raise _FailedError(f"This account does not model {policy.policy_type} policies")
        resource_id = policy.resource_id
        target = backend.targets.get(DIMENSION, {}).get(resource_id)
        if target is None:
            raise _FailedError(f"No scalable target found for {resource_id}")
        counts = self._counts(region, resource_id)
        if counts is None:
            raise _FailedError(f"ECS service doesn't exist: {resource_id}")
        step_scaling = StepScaling.of(policy.step_scaling_policy_configuration)
        adjustment = _adjustment(step_scaling, invocation)
        if adjustment is None:
            return None
        known = self._activities.setdefault((region, resource_id), Activities())
        situation = Situation(counts, _bounds(target), known, self._clock())
        alarm, state = invocation.alarm.name, invocation.state.value
        cause = f"monitor alarm {alarm} in state {state} triggered policy {policy.policy_name}"
        decision = situation.decide(step_scaling, adjustment)
        return _Proposal(region, resource_id, cause, step_scaling.cooldown_seconds, decision)

    def _execute(self, known: Activities, proposals: Sequence[_Proposal]) -> None:
        scaled = [one for one in proposals if one.decision.desired is not None]
        if scaled:
            best = max(scaled, key=lambda one: one.decision.desired or 0)
            self._set(known, best.region, _activity(best, self._clock()))
            return
        for one in proposals:
            if one.decision.reason:
                activity = _activity(one, self._clock())
                activity.reasons = [one.decision.reason]
                activity.finish("Failed", "", activity.start)
                known.not_scaled.append(activity)

    def _bring_within(self, region: str, resource_id: str) -> None:
        backend: Any = applicationautoscaling_backends[DEFAULT_ACCOUNT_ID][region]
        target = backend.targets.get(DIMENSION, {}).get(resource_id)
        counts = self._counts(region, resource_id)
        if target is None or counts is None:
            return
        desired = min(max(counts.desired, target.min_capacity), target.max_capacity)
        if desired == counts.desired:
            return
        bound = "minimum" if desired > counts.desired else "maximum"
        activity = Activity(
            resource_id=resource_id,
            cause=f"{bound} capacity was set to {desired}",
            desired=desired,
            out=desired > counts.desired,
            base=counts.running,
            cooldown_seconds=None,
            start=self._clock(),
        )
        self._set(self._activities.setdefault((region, resource_id), Activities()), region, activity)

    def _set(self, known: Activities, region: str, activity: Activity) -> None:
        """Set the desired count, with the permissions of the service-linked role."""
        known.begin(activity, activity.start)
        _, cluster, service = activity.resource_id.split("/")
        role = service_linked_role.arn(Place(get_partition(region), region, DEFAULT_ACCOUNT_ID))
        change = f"set desired count to {activity.desired}."
        try:
            with role_sessions.client(self._account, "ecs", region, role) as ecs:
                ecs.update_service(cluster=cluster, service=service, desiredCount=activity.desired)
        except ClientError as error:
            LOG.warning("%s: %s", activity.resource_id, error)
            activity.finish("Failed", f"Failed to {change} Reason: {error}", self._clock())
        else:
            activity.message = f"Successfully {change} Waiting for change to be fulfilled by ecs."
            LOG.info("%s: %s (%s)", activity.resource_id, activity.message, activity.cause)

    def _follow(self, region: str, resource_id: str, activity: Activity) -> None:
        counts, desired = self._counts(region, resource_id), activity.desired or 0
        done = f"Successfully set desired count to {desired}."
        if counts is None:
            activity.finish("Unfulfilled", f"{done} ECS service doesn't exist.", self._clock())
        elif counts.desired != desired:
            activity.finish("Overridden", f"{done} Desired count was overridden.", self._clock())
        elif counts.running >= desired if activity.out else counts.running <= desired:
            activity.finish("Successful", f"{done} Change successfully fulfilled by ecs.", self._clock())

    def _counts(self, region: str, resource_id: str) -> Counts | None:
        parts = resource_id.split("/")
        if len(parts) != _SERVICE_PARTS:
            return None
        with self._account.lock:
            services: Any = ecs_backends[DEFAULT_ACCOUNT_ID][region].services
            service = services.get(":".join(parts[1:]))
            if service is None or service.status != "ACTIVE":
                return None
            running = sum(
                task.status == "RUNNING" for deployment in service.deployments for task in deployment.active
            )
            deploying = len(service.deployments) > 1 or service.primary.rollout == "IN_PROGRESS"
            return Counts(service.desired_count, running, deploying)


def _adjustment(step_scaling: StepScaling, invocation: Invocation) -> int | None:
    """Find the step by the datapoints and the threshold of the alarm's reason."""
    datapoints = invocation.state.data.get("recentDatapoints")
    threshold = invocation.state.data.get("threshold")
    if not datapoints or threshold is None:
        raise _FailedError("The alarm's StateReasonData has no recentDatapoints and threshold to scale by")
    above = invocation.alarm.comparison_operator.startswith("Greater")
    return step_scaling.adjustment(datapoints, threshold, above=above)


def _bounds(target: Any) -> Bounds:
    suspended = target.suspended_state or {}
    return Bounds(
        target.min_capacity,
        target.max_capacity,
        bool(suspended.get("DynamicScalingOutSuspended")),
        bool(suspended.get("DynamicScalingInSuspended")),
    )


def _activity(proposal: _Proposal, now: float) -> Activity:
    return Activity(
        resource_id=proposal.resource_id,
        cause=proposal.cause,
        desired=proposal.decision.desired,
        out=proposal.decision.out,
        base=proposal.decision.base,
        cooldown_seconds=proposal.cooldown_seconds,
        start=now,
    )
