"""One task's life, from PROVISIONING to STOPPED, in a thread of its own.

Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Protocol

from embedded_aws.account.addresses import NoAddressLeftError
from embedded_aws.account.ecs import events, start
from embedded_aws.account.ecs.containers import ContainerProcess
from embedded_aws.account.ecs.errors import StartError
from embedded_aws.account.ecs.model import now

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.model import Container, Task

LOG = logging.getLogger(__name__)


class Networking(Protocol):
    """Connects a task with load balancers and Cloud Map; see `task_networking.TaskNetworking`."""

    def attach(self, task: Task) -> None:
        """Give the task its network interface."""

    def register(self, task: Task) -> None:
        """Send requests to the running task."""

    def report_health(self, task: Task) -> None:
        """Report the running task's health."""

    def deregister(self, task: Task) -> None:
        """Send no new request to the task."""

    def drained(self, task: Task) -> bool:
        """Whether no request is open any more."""
        ...

    def detach(self, task: Task) -> None:
        """Forget the stopped task."""


class TaskLife:
    """Runs one task."""

    def __init__(self, account: Account, task: Task, networking: Networking) -> None:
        self._account, self.task, self._networking = account, task, networking
        self._processes: dict[str, ContainerProcess] = {}
        self._waiting: list[Container] = []
        self._thread = threading.Thread(target=self._run, name=f"task-{task.id[:8]}", daemon=True)

    def start(self) -> None:
        """Start the task's thread."""
        self._thread.start()

    def join(self, seconds: float) -> bool:
        """Wait for the task to stop; return whether it did."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def running(self) -> list[ContainerProcess]:
        """Return its containers that run."""
        return [process for process in list(self._processes.values()) if process.running]

    def kill(self) -> None:
        """End all its processes at once."""
        for process in self._processes.values():
            process.kill()

    def _run(self) -> None:
        task = self.task
        try:
            self._provision()
            self._activate()
            self._watch()
        except StartError as error:
            self._stop("TaskFailedToStart", str(error))
        except Exception as error:
            LOG.exception("task %s", task.id)
            self._stop("TaskFailedToStart", f"InternalError: {type(error).__name__}: {error}")
        try:
            self._deactivate()
            self._end_processes()
        except Exception:
            LOG.exception("task %s could not be stopped in order", task.id)
            self.kill()
        self._finish()

    def _provision(self) -> None:
        task, account = self.task, self._account
        try:
            address = account.addresses.take()
        except NoAddressLeftError as error:
            raise StartError(f"RESOURCE:ENI: {error}") from error
        with account.changed:
            task.address = address
            task.hostname = f"ip-{address.replace('.', '-')}.ec2.internal"
            self._networking.attach(task)
        account.hosts_file.publish(
            task.arn, [(address, task.hostname), (address, task.hostname.split(".")[0])]
        )
        self._enter("PENDING")
        task.pull_started_at = now()
        pulled = {
            container.name: start.pull(account, task, container.definition["image"])
            for container in task.containers
        }
        task.pull_stopped_at = now()
        for container in task.containers:
            container.image_digest = pulled[container.name].digest
            self._processes[container.name] = ContainerProcess(
                account, task, container, pulled[container.name]
            )

    def _activate(self) -> None:
        """Start the containers in the order of their dependencies, until all have started."""
        self._enter("ACTIVATING")
        self._waiting = list(self.task.containers)
        while self._waiting and self._to_go_on():
            ready = [container for container in self._waiting if self._may_start(container)]
            for container in ready:
                self._waiting.remove(container)
                self._processes[container.name].start()
            if not ready:
                self._pause(5)
        if not self._waiting and self.task.desired_status == "RUNNING":
            self._networking.register(self.task)
            self.task.started_at = now()
            self._enter("RUNNING")

    def _may_start(self, container: Container) -> bool:
        """Whether its dependencies hold.

        Raises:
            StartError: One of them can never hold.
        """
        by_name = {other.name: other for other in self.task.containers}
        for dependency in container.dependencies:
            other, condition = by_name[dependency["containerName"]], dependency["condition"]
            if other.status == "STOPPED" and condition == "SUCCESS" and other.exit_code != 0:
                raise StartError(f"dependency container {other.name} exited with {other.exit_code}, not 0")
            if other.health == "UNHEALTHY" and condition == "HEALTHY":
                raise StartError(f"dependency container {other.name} is unhealthy")
            if not {
                "START": other.status != "PENDING",
                "COMPLETE": other.status == "STOPPED",
                "SUCCESS": other.status == "STOPPED",
                "HEALTHY": other.health == "HEALTHY",
            }[condition]:
                return False
        return True

    def _to_go_on(self) -> bool:
        """Whether the task is to run; an essential container's end decides that it is not."""
        with self._account.changed:
            task = self.task
            ended = [c for c in task.containers if c.essential and c.status == "STOPPED"]
            gone = all(c.status == "STOPPED" for c in task.containers)
            if task.desired_status == "RUNNING" and (ended or gone):
                self._stop("EssentialContainerExited", "Essential container in task exited")
            return task.desired_status == "RUNNING"

    def _watch(self) -> None:
        while self._to_go_on():
            self._networking.report_health(self.task)
            self._pause(5)

    def _pause(self, seconds: float) -> None:
        with self._account.changed:
            self._account.changed.wait(seconds)

    def _enter(self, status: str) -> None:
        with self._account.changed:
            self.task.status = status
            self.task.version += 1
            events.task_changed(self._account.event_bus, self.task)
            self._account.changed.notify_all()

    def _stop(self, code: str, reason: str) -> None:
        stop(self._account, self.task, code, reason)

    def _deactivate(self) -> None:
        """Take the task out of load balancers and names, and let open requests end."""
        if not self.task.address:
            return
        self._enter("DEACTIVATING")
        self._networking.deregister(self.task)
        while not self._networking.drained(self.task) and any(
            c.status == "RUNNING" for c in self.task.containers
        ):
            self._pause(0.2)

    def _end_processes(self) -> None:
        """End the containers, each after those that depend on it."""
        self._enter("STOPPING")
        waiting = list(self.task.containers)
        while waiting:
            needed = {dependency["containerName"] for c in waiting for dependency in c.dependencies}
            batch = [c for c in waiting if c.name not in needed] or waiting
            waiting = [c for c in waiting if c not in batch]
            enders = [
                threading.Thread(target=self._processes[c.name].end, daemon=True)
                for c in batch
                if c.name in self._processes and c.status == "RUNNING"
            ]
            for ender in enders:
                ender.start()
            for ender in enders:
                ender.join()
        deadline = time.monotonic() + 10
        with self._account.changed:  # their followers note the exit codes
            self._account.changed.wait_for(
                lambda: not any(c.status == "RUNNING" for c in self.task.containers),
                deadline - time.monotonic(),
            )

    def _finish(self) -> None:
        account, task = self._account, self.task
        self._enter("DEPROVISIONING")
        account.hosts_file.publish(task.arn, [])
        for process in self._processes.values():
            process.clean()
        with account.changed:
            self._networking.detach(task)
            if task.address:
                account.addresses.release(task.address)
            for container in task.containers:
                container.status = "STOPPED"
            task.stopped_at = now()
        account.keys.forget(task.id)
        self._enter("STOPPED")


def stop(account: Account, task: Task, code: str, reason: str) -> None:
    """Ask a task to stop; the first to ask gives code and reason."""
    with account.changed:
        if task.desired_status == "STOPPED":
            return
        task.desired_status = "STOPPED"
        task.stop_code, task.stopped_reason = code, reason
        task.stopping_at = now()
        account.changed.notify_all()
