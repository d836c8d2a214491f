"""The state of services and their deployments, and the form in which the API tells it.

Source: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Types.html
"""

from __future__ import annotations

import copy
import random
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from embedded_aws.account.ecs.model import JSON, Task, now, without_none

if TYPE_CHECKING:
    import datetime as dt

_STALE_SECONDS = 10.0
_SERVICE_ROLE = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


@dataclass(kw_only=True, eq=False)
class Deployment:
    """One version of a service: its task definition and where its tasks run."""

    service: Service
    definition: Any
    """moto's TaskDefinition."""
    settings: JSON
    """The parts of the service's settings that make a new deployment when they change."""
    id: str = field(default_factory=lambda: f"ecs-svc/{uuid.uuid4().int % 10**19:019d}")
    status: str = "PRIMARY"
    rollout: str = "IN_PROGRESS"
    reason: str = ""
    failed_tasks: int = 0
    failures_in_a_row: int = 0
    created_at: dt.datetime = field(default_factory=now)
    updated_at: dt.datetime = field(default_factory=now)
    retry_at: float = 0.0
    """Monotonic time before which no further task is started (after failures)."""
    tasks: list[Task] = field(default_factory=list[Task])
    """Its tasks that have not stopped."""

    def __post_init__(self) -> None:
        self.reason = self.reason or f"ECS deployment {self.id} in progress."

    def turn(self, rollout: str, reason: str) -> None:
        """Enter a rollout state."""
        self.rollout, self.reason, self.updated_at = rollout, reason, now()

    @property
    def active(self) -> list[Task]:
        """Its tasks that are to go on running."""
        return [task for task in self.tasks if task.desired_status == "RUNNING"]

    def describe(self) -> JSON:
        """Return a `Deployment` of the API."""
        running = sum(task.status == "RUNNING" for task in self.active)
        return without_none(
            {
                "id": self.id,
                "status": self.status,
                "taskDefinition": self.definition.arn,
                "desiredCount": self.service.desired_count if self.status == "PRIMARY" else 0,
                "pendingCount": len(self.active) - running,
                "runningCount": running,
                "failedTasks": self.failed_tasks,
                "createdAt": self.created_at,
                "updatedAt": self.updated_at,
                "rolloutState": self.rollout,
                "rolloutStateReason": self.reason,
                **self.settings,
            }
        )


class Before:
    """What a service was before its last update, as one of the next who ask is still told.

    ECS is eventually consistent (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html).
    The first two answers are right: the provider's own, which writes them into its state.
    """

    def __init__(self, described: JSON, updates: int) -> None:
        self._described = described
        self._left = 2 + random.Random(f"{described['serviceName']} {updates}").randint(0, 1)  # noqa: S311
        self._until = time.monotonic() + _STALE_SECONDS

    def answer(self) -> JSON | None:
        """Return what was, to one of those who ask."""
        self._left -= 1
        late = time.monotonic() > self._until
        return copy.deepcopy(self._described) if self._left == -1 and not late else None


@dataclass(kw_only=True, eq=False)
class Service:
    """A service: how many tasks of which deployment."""

    name: str
    cluster_arn: str
    account_id: str
    region: str
    desired_count: int
    settings: JSON
    """What CreateService was told and DescribeServices tells back, without what belongs to a deployment."""
    tags: list[JSON] = field(default_factory=list[JSON])
    client_token: str | None = None
    status: str = "ACTIVE"
    deployments: list[Deployment] = field(default_factory=list[Deployment])
    """Newest first; those that still have tasks, and the primary one."""
    history: list[Deployment] = field(default_factory=list[Deployment])
    """All deployments ever, newest first."""
    events: list[JSON] = field(default_factory=list[JSON])
    created_at: dt.datetime = field(default_factory=now)
    steady: bool = False
    before: Before | None = None

    @property
    def arn(self) -> str:
        """The long ARN, which names the cluster."""
        return f"{self.cluster_arn.replace(':cluster/', ':service/')}/{self.name}"

    physical_resource_id = arn
    """As moto's tagging code calls it."""

    @property
    def primary(self) -> Deployment:
        """The deployment that the service is to have."""
        return self.deployments[0]

    @property
    def tasks(self) -> list[Task]:
        """All tasks that have not stopped."""
        return [task for deployment in self.deployments for task in deployment.tasks]

    def resume(self) -> None:
        """Forget what belongs to an earlier process of the account: its clock, and answers that it owed."""
        self.before = None
        for deployment in self.history:
            deployment.retry_at = 0.0

    def add_event(self, text: str) -> None:
        """Add an event, newest first; 100 are kept as in AWS."""
        event = {"id": str(uuid.uuid4()), "createdAt": now(), "message": f"(service {self.name}) {text}"}
        self.events = [event, *self.events][:100]

    def answer(self) -> JSON:
        """Return a `Service` of the API to one who asks: now and then the one that it was."""
        return (self.before and self.before.answer()) or self.describe()

    def describe(self) -> JSON:
        """Return a `Service` of the API."""
        active = [task for deployment in self.deployments for task in deployment.active]
        running = sum(task.status == "RUNNING" for task in active)
        return without_none(
            {
                "serviceArn": self.arn,
                "serviceName": self.name,
                "clusterArn": self.cluster_arn,
                "status": self.status,
                "desiredCount": self.desired_count,
                "runningCount": running,
                "pendingCount": len(active) - running,
                "taskDefinition": self.primary.definition.arn,
                "deployments": [] if self.status == "INACTIVE" else [d.describe() for d in self.deployments],
                "events": self.events,
                "createdAt": self.created_at,
                "createdBy": f"arn:aws:iam::{self.account_id}:root",
                "roleArn": f"arn:aws:iam::{self.account_id}:role/{_SERVICE_ROLE}",
                "placementConstraints": [],
                "placementStrategy": [],
                "schedulingStrategy": "REPLICA",
                "deploymentController": {"type": "ECS"},
                "tags": self.tags,
                **self.settings,
                **{
                    key: value
                    for key, value in self.primary.settings.items()
                    if key != "serviceConnectConfiguration"
                },
            }
        )
