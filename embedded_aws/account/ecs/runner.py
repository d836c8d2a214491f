# pyright: basic
# moto has no types for its backends.
"""Makes tasks and keeps hold of their lives."""

from __future__ import annotations

import copy
import datetime as dt
import itertools
import logging
import time
from typing import TYPE_CHECKING, Any

from moto.ecs.models import ecs_backends

from embedded_aws.account.ecs import capacity
from embedded_aws.account.ecs.model import Container, Task, new_id, now
from embedded_aws.account.ecs.tasks import TaskLife, stop

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.containers import ContainerProcess
    from embedded_aws.account.ecs.model import JSON
    from embedded_aws.account.ecs.service_model import Deployment
    from embedded_aws.account.ecs.task_networking import TaskNetworking

LOG = logging.getLogger(__name__)
_STOPPED_TASKS_RETENTION = dt.timedelta(hours=1)
_OVERRIDABLE = ("command", "cpu", "memory", "memoryReservation")


class Runner:
    """All tasks of the account."""

    def __init__(self, account: Account, networking: TaskNetworking) -> None:
        self.account, self._networking = account, networking
        self._lives: list[TaskLife] = []
        self._turn = itertools.count()

    def launch(
        self, *, cluster_arn: str, definition: Any, network: JSON, overrides: JSON, **more: Any
    ) -> Task:
        """Start a task in the next of its subnets; `more` are fields of `Task`."""
        region, account_id = definition.arn.split(":")[3:5]
        task_id = new_id()
        prefix = f"{cluster_arn.replace(':cluster/', ':container/')}/{task_id}"
        given = {override["name"]: override for override in overrides.get("containerOverrides") or []}
        containers = []
        for number, container in enumerate(definition.container_definitions):
            container_id = f"{task_id}-{number}"
            containers.append(
                Container(
                    definition=_overridden(container, given.get(container["name"], {})),
                    arn=f"{prefix}/{new_id()}",
                    id=container_id,
                )
            )
        subnets = network["subnets"]
        task = Task(
            id=task_id,
            cluster_arn=cluster_arn,
            definition=definition,
            region=region,
            account_id=account_id,
            containers=containers,
            subnet=subnets[next(self._turn) % len(subnets)],
            security_groups=network["securityGroups"],
            public=network.get("assignPublicIp") == "ENABLED",
            overrides=overrides,
            **more,
        )
        with self.account.changed:
            tasks: Any = ecs_backends[account_id][region].tasks.setdefault(cluster_arn.rsplit("/", 1)[-1], {})
            self._forget_old(tasks)
            tasks[task.arn] = task
            life = TaskLife(self.account, task, self._networking)
            self._lives = [*(other for other in self._lives if other.task.status != "STOPPED"), life]
            life.start()
        return task

    def resume(self) -> None:
        """Note that the tasks of an earlier process of the account have ended; services start new ones."""
        with self.account.changed:
            backends = [backend for regions in ecs_backends.values() for backend in regions.values()]
            services: list[Any] = [service for backend in backends for service in backend.services.values()]
            for service in services:
                service.resume()
            tasks: list[Any] = [t for b in backends for held in b.tasks.values() for t in held.values()]
            for task in tasks:
                if task.status != "STOPPED":
                    self._note_end(task)

    def _note_end(self, task: Task) -> None:
        stop(self.account, task, "UserInitiated", "The account was stopped")
        self._networking.deregister(task)
        self._networking.detach(task)
        for container in task.containers:
            container.status = "STOPPED"
        task.stopped_at, task.status = now(), "STOPPED"
        task.version += 1

    def launch_for(self, deployment: Deployment) -> Task:
        """Start a task of a service."""
        service, settings = deployment.service, deployment.settings
        tags = {"SERVICE": service.tags, "TASK_DEFINITION": deployment.definition.tags}
        task = self.launch(
            cluster_arn=service.cluster_arn,
            definition=deployment.definition,
            network=settings["networkConfiguration"]["awsvpcConfiguration"],
            overrides={},
            group=f"service:{service.name}",
            launch_type=settings.get("launchType"),
            capacity_provider=capacity.next_provider(
                settings.get("capacityProviderStrategy") or [],
                [task.capacity_provider for task in deployment.active],
            ),
            platform_version=settings["platformVersion"],
            started_by=deployment.id,
            tags=list(tags.get(service.settings["propagateTags"], [])),
            enable_execute_command=bool(service.settings["enableExecuteCommand"]),
            deployment=deployment,
        )
        deployment.tasks.append(task)
        return task

    def with_credentials(self, credentials_id: str) -> Task | None:
        """Return the task whose credentials have this secret id."""
        return next((task for task in self._running() if task.credentials_id == credentials_id), None)

    def with_agent(self, agent_id: str) -> tuple[Task | None, Container | None]:
        """Return the container whose agent has this secret id, and its task."""
        places = ((task, container) for task in self._running() for container in task.containers)
        return next((place for place in places if place[1].agent_id == agent_id), (None, None))

    def running(self) -> list[tuple[Task, list[ContainerProcess]]]:
        """Return the tasks that have not stopped, with their containers that run."""
        return [(life.task, life.running()) for life in self._lives if life.task.status != "STOPPED"]

    def _running(self) -> list[Task]:
        return [life.task for life in self._lives if life.task.status != "STOPPED"]

    def end(self, seconds: float) -> None:
        """End all tasks: ask, and after `seconds` kill."""
        lives = list(self._lives)
        for life in lives:
            stop(self.account, life.task, "UserInitiated", "the account stops")
        deadline = time.monotonic() + seconds
        slow = [life for life in lives if not life.join(max(0.0, deadline - time.monotonic()))]
        for life in slow:
            LOG.info("task %s (%s) is killed, still %s", life.task.id, life.task.group, life.task.status)
            life.kill()
        for life in slow:
            life.join(5)

    def _forget_old(self, tasks: dict[str, Task]) -> None:
        for arn, task in list(tasks.items()):
            if task.stopped_at is not None and now() - task.stopped_at > _STOPPED_TASKS_RETENTION:
                del tasks[arn]


def _overridden(container: JSON, override: JSON) -> JSON:
    """Lay the overrides of RunTask over a container definition."""
    merged = copy.deepcopy(container) | {key: override[key] for key in _OVERRIDABLE if key in override}
    environment = {pair["name"]: pair for pair in merged.get("environment") or []}
    environment |= {pair["name"]: pair for pair in override.get("environment") or []}
    return merged | {"environment": list(environment.values())}
