"""A container's process: start, output, health and end."""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from typing import TYPE_CHECKING

from embedded_aws.account import processes
from embedded_aws.account.cloudwatch_logs import LogError, LogStream, stream_name
from embedded_aws.account.ecs import execution_role, start
from embedded_aws.account.ecs.container_runtime import container_runtime
from embedded_aws.account.ecs.errors import StartError
from embedded_aws.account.ecs.memory import MIB, OUT_OF_MEMORY

if TYPE_CHECKING:
    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.memory import ProcessTable
    from embedded_aws.account.ecs.model import JSON, Container, Task

LOG = logging.getLogger(__name__)
_KILLED = 128 + signal.SIGKILL
_FIRST_PROBES_SECONDS = 2
"""Within its start period, where a failure does not count, a container is probed this often."""


class ContainerProcess:
    """Runs one container and keeps its `Container` up to date."""

    def __init__(self, account: Account, task: Task, container: Container, image: start.Image) -> None:
        self._account, self._task, self._container = account, task, container
        self._runtime = container_runtime(account, task, container, image)
        self._environment = start.environment(account, task, container, image)
        self._argv = start.program(container, image)
        self._log = self._open_log()
        self._process: subprocess.Popen[bytes] | None = None
        self._check: subprocess.Popen[bytes] | None = None
        self._killed_for_memory = False

    @property
    def name(self) -> str:
        """The container's name."""
        return self._container.name

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._container.status == "RUNNING"

    @property
    def memory_limit_bytes(self) -> int | None:
        """Its hard limit; None: only the task's holds."""
        limit = self._container.memory_mib
        return None if limit is None else limit * MIB

    @property
    def pids(self) -> list[int]:
        """Its programs, health checks too."""
        return [process.pid for process in (self._process, self._check) if process is not None]

    def memory_bytes(self, processes: ProcessTable, *, exact: bool) -> int | None:
        """Return the memory that its programs use, health checks too; None: the kernel keeps its limits."""
        return self._runtime.memory_bytes(self.pids, processes, exact=exact)

    def start(self) -> None:
        """Start the process.

        Raises:
            StartError: It cannot be started.
        """
        command = self._runtime.run_command(self._argv, self._environment)
        reader, writer = os.pipe()
        with os.fdopen(writer, "wb") as output:
            self._process = processes.spawn(command, environment=self._environment, output=output)
        self._container.status = "RUNNING"
        self._thread(self._follow, reader)
        if "healthCheck" in self._container.definition:
            self._thread(self._probe)

    def end(self) -> None:
        """End the process: SIGTERM, after the container's stop timeout SIGKILL. Returns when it has ended."""
        if self._process is not None:
            self._runtime.end(self._process, float(self._container.definition.get("stopTimeout", 30)))

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None:
            self._runtime.kill(self._process)

    def kill_for_memory(self) -> None:
        """End the process because it uses too much memory."""
        self._killed_for_memory = True
        self.kill()

    def clean(self) -> None:
        """Remove what the stopped task kept."""
        self._runtime.clean()

    def _thread(self, work: object, *arguments: object) -> None:
        def run() -> None:
            try:
                work(*arguments)  # type: ignore[operator]
            except Exception as error:
                LOG.exception("container %s of task %s", self._container.name, self._task.id)
                with self._account.changed:
                    self._container.reason = f"CannotInspectContainerError: {error}"
                    self.kill()
                    self._account.changed.notify_all()

        threading.Thread(target=run, name=f"{self._container.name}-{self._task.id[:8]}", daemon=True).start()

    def _open_log(self) -> LogStream | None:
        configuration: JSON = self._container.definition.get("logConfiguration") or {}
        if configuration.get("logDriver") != "awslogs":
            return None
        task = self._task
        options: dict[str, str] = configuration.get("options") or {}
        region, stream = (
            options.get("awslogs-region", task.region),
            stream_name(options, self._container.name, task.id),
        )
        kept = execution_role.may_log(
            task,
            group=options["awslogs-group"],
            stream=stream,
            region=region,
            creates_group=options.get("awslogs-create-group") == "true",
        )
        try:
            return LogStream(task.account_id, region, options, stream) if kept else None
        except LogError as error:
            raise StartError(f"ResourceInitializationError: {error}") from error

    def _follow(self, reader: int) -> None:
        """Carry output to the log until the process has ended, then note how."""
        assert self._process is not None  # noqa: S101 - started by start()
        with os.fdopen(reader, "rb", buffering=0) as output:
            while data := output.read(65536):
                if self._log is not None:
                    self._log.write(data)
        if self._log is not None:
            self._log.close()
        code = self._process.wait()
        exit_code = 128 - code if code < 0 else code
        killed = self._killed_for_memory and exit_code == _KILLED
        out_of_memory = killed or self._runtime.ran_out_of_memory()
        with self._account.changed:
            self._container.exit_code = exit_code
            self._container.reason = OUT_OF_MEMORY if out_of_memory else self._container.reason
            self._container.status = "STOPPED"
            self._account.changed.notify_all()

    def _probe(self) -> None:
        """Run the health check until the container has ended."""
        check = self._container.definition["healthCheck"]
        interval = float(check.get("interval", 30))
        grace_ends = time.monotonic() + float(check.get("startPeriod", 0))
        failures = 0
        while True:
            young = self._container.health == "UNKNOWN" and time.monotonic() < grace_ends
            if self._stopped_within(min(interval, _FIRST_PROBES_SECONDS) if young else interval):
                return
            if self._healthy(check):
                failures = 0
                self._set_health("HEALTHY")
            elif time.monotonic() >= grace_ends or self._container.health != "UNKNOWN":
                failures += 1
                if failures >= int(check.get("retries", 3)):
                    self._set_health("UNHEALTHY")

    def _stopped_within(self, seconds: float) -> bool:
        with self._account.changed:
            return self._account.changed.wait_for(lambda: self._container.status == "STOPPED", seconds)

    def _healthy(self, check: JSON) -> bool:
        kind, *rest = check["command"]
        argv = (
            ["/bin/sh", "-c", shlex.join(rest) if len(rest) > 1 else rest[0]] if kind == "CMD-SHELL" else rest
        )
        command = self._runtime.exec_command(argv)
        with tempfile.TemporaryFile() as output:
            process = processes.spawn(command, environment=self._environment, output=output)
            self._check = process
            try:
                return process.wait(float(check.get("timeout", 5))) == 0
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                return False
            finally:
                self._check = None

    def _set_health(self, health: str) -> None:
        with self._account.changed:
            if self._container.status == "RUNNING" and self._container.health != health:
                self._container.health = health
                self._account.changed.notify_all()
