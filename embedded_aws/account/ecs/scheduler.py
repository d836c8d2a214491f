"""The service scheduler: keeps every service at its desired count and rolls new deployments out.

One thread; it looks at a service when something changed, and every second. Source of the rules:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html and
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html
"""

from __future__ import annotations

import logging
import math
import threading
import time
from typing import TYPE_CHECKING

from embedded_aws.account.ecs import events
from embedded_aws.account.ecs.model import now
from embedded_aws.account.ecs.tasks import stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import Task
    from embedded_aws.account.ecs.service_model import Deployment, Service
    from embedded_aws.account.ecs.task_networking import TaskNetworking

LOG = logging.getLogger(__name__)
_TICK_SECONDS = 1.0
_SETTLE_SECONDS = 2.0
"""A task without any health check counts as started once it has run this long."""
_FAILED_SECONDS = 3.0
"""A failed deployment is told at least this long, for clients that look every second or two."""
_MAX_DELAY_SECONDS = 30.0
"""Between two starts of a task that keeps failing (AWS goes up to 27 minutes)."""
_BREAKER = (3, 200)
"""Least and greatest number of failed tasks that break a deployment's circuit."""


class Scheduler:
    """Works on all services of the account.

    Args:
        account: Whose services.
        services: Gives all services.
        launch: Starts a task of a deployment.
        networking: Knows what the load balancers say of a task.
    """

    def __init__(
        self,
        account: Account,
        services: Callable[[], Iterable[Service]],
        launch: Callable[[Deployment], Task],
        networking: TaskNetworking,
    ) -> None:
        self._account, self._services, self._launch, self._networking = account, services, launch, networking
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="service-scheduler", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """Start no task any more."""
        with self._account.changed:
            self._ended = True
            self._account.changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        with self._account.changed:
            while not self._ended:
                for service in list(self._services()):
                    try:
                        self._look_at(service)
                    except Exception as error:
                        LOG.exception("service %s", service.arn)
                        service.add_event(f"was unable to be scheduled: {type(error).__name__}: {error}")
                self._account.changed.wait(_TICK_SECONDS)

    def _look_at(self, service: Service) -> None:
        for deployment in list(service.deployments):
            self._collect(service, deployment)
        if service.status == "INACTIVE":
            return
        self._replace_unhealthy(service)
        self._scale(service)
        self._start(service)
        self._evaluate(service)

    def _collect(self, service: Service, deployment: Deployment) -> None:
        """Let go of stopped tasks, and count those that failed."""
        for task in [task for task in deployment.tasks if task.status == "STOPPED"]:
            deployment.tasks.remove(task)
            if _failed(task):
                self._count_failure(service, deployment, task)
        seen = (
            deployment.rollout != "FAILED"
            or (now() - deployment.updated_at).total_seconds() > _FAILED_SECONDS
        )
        if deployment.status != "PRIMARY" and not deployment.tasks and seen:
            deployment.status = "INACTIVE"
            service.deployments.remove(deployment)
        if service.status == "DRAINING" and not service.tasks:
            service.status = "INACTIVE"

    def _count_failure(self, service: Service, deployment: Deployment, task: Task) -> None:
        service.steady = False
        deployment.failures_in_a_row += 1
        tried = deployment.rollout == "IN_PROGRESS" and deployment.status == "PRIMARY"
        if tried:
            deployment.failed_tasks += 1
        late = deployment.failures_in_a_row - 2
        delay = 0.0 if late < 0 else min(_MAX_DELAY_SECONDS, 2.0**late)
        deployment.retry_at = time.monotonic() + delay
        service.add_event(f"(task {task.id}) stopped: {task.stopped_reason}{_exit_codes(task)}")
        limit = min(max(_BREAKER[0], math.ceil(service.desired_count / 2)), _BREAKER[1])
        breaker = service.settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
        if breaker["enable"] and tried and deployment.failed_tasks >= limit:
            self._break(service, deployment, rollback=breaker["rollback"])

    def _break(self, service: Service, deployment: Deployment, *, rollback: bool) -> None:
        self._turn(deployment, "FAILED", "ECS deployment circuit breaker: tasks failed to start.")
        service.add_event(f"(deployment {deployment.id}) deployment failed: tasks failed to start.")
        good = next((d for d in service.history if d.rollout == "COMPLETED" and d is not deployment), None)
        if not rollback or good is None or deployment.status != "PRIMARY":
            return
        service.add_event(f"rolling back to deployment {good.id}.")
        promote(service, good)
        reason = f"ECS deployment circuit breaker: rolling back to deploymentId {good.id}."
        self._turn(good, "IN_PROGRESS", reason)

    def _turn(self, deployment: Deployment, rollout: str, reason: str) -> None:
        deployment.turn(rollout, reason)
        events.deployment_changed(self._account.event_bus, deployment)

    def _replace_unhealthy(self, service: Service) -> None:
        grace = service.settings.get("healthCheckGracePeriodSeconds") or 0
        for task in [task for deployment in service.deployments for task in deployment.active]:
            if task.started_at is None or (now() - task.started_at).total_seconds() < grace:
                continue
            groups = [b.get("targetGroupArn", "") for b in service.settings.get("loadBalancers", [])]
            if task.health == "UNHEALTHY":
                reason = "Task failed container health checks"
            elif self._networking.healthy(task) is False:
                reason = f"Task failed ELB health checks in (target-group {' '.join(groups)})"
            else:
                continue
            service.add_event(f"(task {task.id}) is unhealthy: {reason}")
            stop(self._account, task, "ServiceSchedulerInitiated", reason)

    def _healthy(self, task: Task) -> bool:
        if task.status != "RUNNING" or task.started_at is None or task.desired_status != "RUNNING":
            return False
        if task.checks_health and task.health != "HEALTHY":
            return False
        balanced = bool(task.deployment and task.deployment.service.settings.get("loadBalancers"))
        if balanced:
            return self._networking.healthy(task) is True
        return task.checks_health or (now() - task.started_at).total_seconds() >= _SETTLE_SECONDS

    def _scale(self, service: Service) -> None:
        """Stop what is too much: of old deployments as far as health allows, of the new its surplus."""
        primary = service.primary
        healthy = [t for d in service.deployments for t in d.active if self._healthy(t)]
        spare = len(healthy) - self._least(service)
        for old in service.deployments[1:]:
            for task in sorted(old.active, key=self._healthy):
                sound = task in healthy
                if task.protected or (sound and spare <= 0):
                    continue
                if sound:
                    spare -= 1
                self._scale_in(task)
        surplus = len(primary.active) - service.desired_count
        for task in sorted(primary.active, key=lambda t: (self._healthy(t), t.created_at.timestamp() * -1)):
            if surplus > 0 and not task.protected:
                surplus -= 1
                self._scale_in(task)

    def _scale_in(self, task: Task) -> None:
        assert task.deployment is not None  # noqa: S101 - the scheduler sees tasks of services only
        service = task.deployment.service
        service.steady = False
        service.add_event(f"has stopped 1 running tasks: (task {task.id}).")
        reason = f"Scaling activity initiated by (deployment {service.primary.id})"
        stop(self._account, task, "ServiceSchedulerInitiated", reason)

    def _least(self, service: Service) -> int:
        percent = service.settings["deploymentConfiguration"]["minimumHealthyPercent"]
        return math.ceil(service.desired_count * percent / 100)

    def _start(self, service: Service) -> None:
        primary = service.primary
        if primary.rollout == "FAILED" or service.status != "ACTIVE" or time.monotonic() < primary.retry_at:
            return
        percent = service.settings["deploymentConfiguration"]["maximumPercent"]
        room = math.floor(service.desired_count * percent / 100) - sum(
            len(d.active) for d in service.deployments
        )
        missing = service.desired_count - len(primary.active)
        started = [self._launch(primary) for _ in range(max(0, min(missing, room)))]
        if started:
            service.steady = False
            names = " ".join(f"(task {task.id})" for task in started)
            service.add_event(f"has started {len(started)} tasks: {names}.")

    def _evaluate(self, service: Service) -> None:
        """Find out whether the deployment is complete and the service steady."""
        primary = service.primary
        healthy = sum(self._healthy(task) for task in primary.active)
        if healthy != service.desired_count or len(primary.active) != healthy or len(service.deployments) > 1:
            return
        primary.failures_in_a_row = 0
        if primary.rollout == "IN_PROGRESS":
            self._turn(primary, "COMPLETED", f"ECS deployment {primary.id} completed.")
            service.add_event(f"(deployment {primary.id}) deployment completed.")
        if not service.steady:
            service.steady = True
            service.add_event("has reached a steady state.")


def promote(service: Service, deployment: Deployment) -> None:
    """Make a deployment the primary one."""
    for other in service.deployments:
        other.status = "ACTIVE"
    deployment.status = "PRIMARY"
    deployment.failed_tasks = deployment.failures_in_a_row = 0
    deployment.retry_at = 0.0
    service.deployments = [deployment, *(d for d in service.deployments if d is not deployment)]
    service.history = [deployment, *(d for d in service.history if d is not deployment)]
    service.steady = False


def _failed(task: Task) -> bool:
    asked = task.stop_code == "UserInitiated" or (task.stopped_reason or "").startswith(
        ("Scaling", "Service")
    )
    return not asked


def _exit_codes(task: Task) -> str:
    codes = [f"{c.name} exited with {c.exit_code}" for c in task.containers if c.exit_code]
    return f" ({', '.join(codes)})" if codes else ""
