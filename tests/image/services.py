"""Runs a role of the image as ECS would: own address, read-only root, three writable volumes."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded_aws import sandbox
from tests.helpers.processes import content, descendants
from tests.image.agent import Agent

UID = 50000
VOLUMES = ("/tmp", "/opt/airflow/logs", "/opt/airflow/run")  # noqa: S108 - names inside the container


@dataclass
class RunningService:
    """A container of the image, not started yet."""

    root: Path
    folder: Path
    address: str
    agent: Agent
    environment: Mapping[str, str]
    mounts: tuple[sandbox.Mount, ...]
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(
        cls,
        root: Path,
        folder: Path,
        address: str,
        environment: Mapping[str, str],
        mounts: tuple[sandbox.Mount, ...],
    ) -> "RunningService":
        """Lay out the container's volumes in the new `folder`."""
        folder.mkdir()
        volumes: list[sandbox.Mount] = []
        for target in VOLUMES:
            source = folder / target.rpartition("/")[2]
            source.mkdir()
            volumes.append(sandbox.Mount(source=source, target=target))
        agent = Agent(address)
        own = {
            "ECS_CONTAINER_METADATA_URI_V4": f"{agent.url}/v4/x",
            "ECS_AGENT_URI": f"{agent.url}/api/x",
            "AWS_ENDPOINT_URL_ECS": agent.url,
        }
        return cls(root, folder, address, agent, {**environment, **own}, (*volumes, *mounts))

    def start(self, *argv: str) -> None:
        """Start the container's command through the image's entrypoint."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self._command("/opt/airflow/bin/entrypoint", *argv),
                stdout=output,
                stderr=output,
                env=dict(self.environment),
            )

    def run(self, *argv: str, timeout_seconds: float = 600) -> int:
        """Start the command and wait for its exit code; one that takes too long meets no other test."""
        self.start(*argv)
        assert self.process is not None
        try:
            return self.process.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            raise

    def check(self, name: str) -> tuple[int, str, float]:
        """Run the container's health check: (exit code, what it said, CPU seconds)."""
        found = subprocess.run(
            self._command(
                "/bin/bash", "-c", f"/opt/airflow/bin/healthcheck {name}; code=$?; times; exit $code"
            ),
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        *lines, _, children = found.stdout.strip().splitlines()
        spent = sum(60 * float(m) + float(s) for m, s in re.findall(r"(\d+)m([\d.]+)s", children))
        return found.returncode, "\n".join(lines) + found.stderr, spent

    def wait_healthy(self, name: str, limit_seconds: float = 600) -> float:
        """Poll the health check until it passes; the seconds it took."""
        started = time.monotonic()
        while True:
            code, lines, _ = self.check(name)
            waited = time.monotonic() - started
            if code == 0 and "not checked" not in lines:
                return waited
            assert self.process is not None
            assert self.process.poll() is None, self.text()
            assert waited < limit_seconds, f"{name}: {lines}\n{self.text()}"
            time.sleep(1)

    def watch_check(self, name: str) -> dict[str, str]:
        """Run the container's health check; the environment of each program that it was, by name."""
        command = self._command("/opt/airflow/bin/healthcheck", name)
        seen: dict[str, str] = {}
        with subprocess.Popen(command, env=dict(self.environment), stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                for pid in {process.pid, *descendants(process.pid)}:
                    found = content(Path(f"/proc/{pid}/comm")).strip(), content(Path(f"/proc/{pid}/environ"))
                    seen.update([found] if found[1] else [])
        return seen

    def pids(self) -> set[int]:
        """The container's own process and all below it."""
        assert self.process is not None
        return {self.process.pid, *descendants(self.process.pid)}

    def signal(self, number: int) -> None:
        """Send a signal to the program itself, as ECS does."""
        assert self.process is not None
        main = sandbox.main_process(self.process.pid)
        assert main is not None
        os.kill(main, number)

    def hang(self, seconds: float) -> None:
        """Stop all its processes where they are, and let them go on after a while."""
        pids = self.pids()
        for number, pause in ((signal.SIGSTOP, seconds), (signal.SIGCONT, 0)):
            for pid in pids:
                os.kill(pid, number)
            time.sleep(pause)

    def stop(self) -> None:
        """End everything at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.agent.stop()

    def terminate(self, limit_seconds: float = 300) -> tuple[int, float]:
        """SIGTERM; (exit code, seconds until it ended)."""
        assert self.process is not None
        started = time.monotonic()
        self.signal(signal.SIGTERM)
        return self.process.wait(limit_seconds), time.monotonic() - started

    @property
    def log(self) -> Path:
        """What the container wrote to its standard streams."""
        return self.folder / "log"

    def text(self) -> str:
        """The log's text."""
        return self.log.read_text() if self.log.exists() else ""

    def last_line(self) -> str:
        """The log's last line."""
        return self.text().rstrip().rpartition("\n")[2]

    def memory_mib(self) -> float:
        """Proportional set size of all processes of the container."""
        return sum(_pss_kib(pid) for pid in self.pids()) / 1024

    def listening(self) -> set[str]:
        """Addresses (hex, as /proc shows them) that processes of this container listen on."""
        inodes: set[str] = set()
        for pid in self.pids():
            for descriptor in Path(f"/proc/{pid}/fd").glob("*"):
                inodes.update(re.findall(r"socket:\[(\d+)\]", str(descriptor.readlink())))
        rows = [
            line.split()
            for name in ("tcp", "tcp6")
            for line in Path(f"/proc/net/{name}").read_text().splitlines()
        ]
        return {row[1] for row in rows[1:] if row[3] == "0A" and row[9] in inodes}

    def _command(self, *argv: str) -> list[str]:
        return sandbox.command(
            argv,
            root=self.root,
            mounts=self.mounts,
            read_only_root=True,
            uid=UID,
            gid=0,
            workdir="/opt/airflow",
            hostname=f"task-{self.address.replace('.', '-')}",
            init=False,
        )


def _pss_kib(pid: int) -> int:
    found = re.search(r"^Pss:\s+(\d+)", content(Path(f"/proc/{pid}/smaps_rollup")), re.MULTILINE)
    return int(found[1]) if found else 0
