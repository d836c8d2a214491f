# pyright: basic
# moto has no types for its task definitions.
"""Runs a container with a Docker daemon, within the limits and rights that its definition gives it.

It shares this machine's network, where the task has an address of its own.
Source: https://docs.docker.com/reference/cli/docker/container/run/
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from embedded_aws.account.ecs import file_systems

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedded_aws.account.account import Account
    from embedded_aws.account.ecs.memory import ProcessTable
    from embedded_aws.account.ecs.model import Container, Task
    from embedded_aws.account.ecs.start import DaemonImage

_UNITS_PER_VCPU = 1024


@dataclass(frozen=True)
class DockerRuntime:
    """A container of a Docker daemon; see `container_runtime.ContainerRuntime`."""

    account: Account
    task: Task
    container: Container
    image: DaemonImage

    def run_command(self, argv: list[str], variables: Iterable[str]) -> list[str]:
        """Return the command line of the container's program."""
        program, *arguments = argv
        return self.image.client.command(
            *("run", "--name", self.container.id, "--network", "host"),
            *("--hostname", self.task.hostname.split(".")[0]),
            *("--mount", f"type=bind,source={self.account.hosts_file.path},target=/etc/hosts,readonly"),
            *self._limits(),
            *self._privileges(),
            *self._mounts(),
            # Each value comes from the environment of this command: nobody else can read it there.
            *(word for name in variables for word in ("--env", name)),
            *("--entrypoint", program, self.image.reference, *arguments),
        )

    def exec_command(self, argv: list[str]) -> list[str]:
        """Return the command line of another program in the container."""
        return self.image.client.command("exec", self.container.id, *argv)

    def end(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        """End it: SIGTERM, after `seconds` SIGKILL."""
        self._docker("stop", "--time", str(round(seconds)), self.container.id)
        process.wait()

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """End it at once."""
        if process.poll() is None:
            self._docker("kill", self.container.id)

    def memory_bytes(self, pids: Iterable[int], processes: ProcessTable, *, exact: bool) -> int | None:
        """Return the memory that the container uses; None: the kernel keeps all its limits."""
        del pids, processes, exact  # the daemon knows
        # A container's limit is the kernel's. Docker has none for several containers together.
        return self.image.client.memory_bytes(self.container.id) if self.task.overcommits_memory else None

    def ran_out_of_memory(self) -> bool:
        """Return whether the kernel ended a program at a limit."""
        return self._docker("inspect", "--format", "{{.State.OOMKilled}}", self.container.id) == "true"

    def clean(self) -> None:
        """Remove the container, and the task's volumes with its last one."""
        self._docker("rm", "--force", "--volumes", self.container.id)
        volumes = [self._volume(volume["name"]) for volume in self.task.definition.volumes]
        if volumes:
            self._docker("volume", "rm", "--force", *volumes)

    def _limits(self) -> list[str]:
        memory = min(self.container.memory_mib or self.task.memory_mib, self.task.memory_mib)
        cpu_units = int(self.task.overrides.get("cpu") or self.task.definition.cpu)
        # Fargate lets containers use what others of their task leave free; here each has its part, no more.
        parts = len(self.task.containers)
        return [
            *("--memory", f"{memory}m", "--memory-swap", f"{memory}m"),
            *("--cpus", str(cpu_units / _UNITS_PER_VCPU / parts)),
        ]

    def _privileges(self) -> list[str]:
        definition = self.container.definition
        linux: dict[str, Any] = definition.get("linuxParameters") or {}
        dropped = (linux.get("capabilities") or {}).get("drop") or []
        return [
            *(["--user", definition["user"]] if definition.get("user") else []),
            *(["--workdir", definition["workingDirectory"]] if definition.get("workingDirectory") else []),
            *(["--read-only"] if definition.get("readonlyRootFilesystem") else []),
            *(["--init"] if linux.get("initProcessEnabled") else []),
            *(word for name in dropped for word in ("--cap-drop", name)),
        ]

    def _mounts(self) -> list[str]:
        volumes = {volume["name"]: volume for volume in self.task.definition.volumes}
        flags: list[str] = []
        for point in self.container.definition.get("mountPoints") or []:
            shared = volumes[point["sourceVolume"]].get("efsVolumeConfiguration")
            if shared:
                source = f"type=bind,source={file_systems.folder(self.account, self.task, shared)}"
            else:
                source = f"type=volume,source={self._volume(point['sourceVolume'])}"
            read_only = ",readonly" if point.get("readOnly") else ""
            flags += ["--mount", f"{source},target={point['containerPath']}{read_only}"]
        return flags

    def _volume(self, name: str) -> str:
        return f"{self.task.id}-{name}"

    def _docker(self, *arguments: str) -> str:
        """Tell the daemon, return what it printed; that the container is gone by now is no fault."""
        command = self.image.client.command(*arguments)
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
