"""Starts a Docker daemon with its data, its socket and nothing else of this machine's, and ends it.

It makes no bridge and touches no firewall: containers share this machine's network or have none. Names of
registries can be given it without a change to this machine's own `/etc/hosts`.
Source: https://docs.docker.com/reference/cli/dockerd/
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from embedded_aws import programs
from embedded_aws.docker_daemon.client import Client
from embedded_aws.docker_daemon.errors import DaemonError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

_START_SECONDS = 60
_STOP_SECONDS = 60
_HOSTS = Path("/etc/hosts")
_WITH_HOSTS = f'mount --bind "$1" {_HOSTS} && shift && exec "$@"'


@dataclass
class Daemon:
    """A running daemon; use it in a `with` block.

    Attributes:
        folder: its data, socket and log; removed in the end.
        process: the daemon itself.
    """

    folder: Path
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, registries: Mapping[str, str] | None = None) -> Self:
        """Start a daemon and wait until it answers.

        Args:
            registries: address by name of the registries that stand in for others; spoken to without TLS.

        Raises:
            DaemonError: It is not installed or does not start; its last lines.
        """
        program = programs.find("dockerd")
        if program is None:
            raise DaemonError(programs.not_installed("dockerd"))
        # Short: the path of a socket has 107 characters at most.
        folder = Path(tempfile.mkdtemp(prefix="dockerd-"))
        names = registries or {}
        (folder / "daemon.json").write_text(json.dumps({"insecure-registries": list(names)}))
        hosts = [_HOSTS.read_text(), *(f"{address}\t{name}\n" for name, address in names.items())]
        (folder / "hosts").write_text("".join(hosts))
        command = ["unshare", "--mount", "sh", "-c", _WITH_HOSTS, "sh", str(folder / "hosts")]
        command += [program, "--config-file", str(folder / "daemon.json"), "--bridge=none"]
        command += ["--iptables=false", "--ip6tables=false", "--pidfile", str(folder / "pid")]
        command += ["--data-root", str(folder / "data"), "--exec-root", str(folder / "exec")]
        command += ["--host", f"unix://{folder / 'socket'}"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, "PATH": programs.search_path()}
            )
        daemon = cls(folder, process)
        try:
            daemon._wait()
        except BaseException:
            daemon.stop()
            raise
        return daemon

    @property
    def client(self) -> Client:
        """Commands for this daemon."""
        return Client(f"unix://{self.folder / 'socket'}")

    def stop(self) -> None:
        """End the daemon and its containers, and remove everything."""
        self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._unmount()
        shutil.rmtree(self.folder)

    def __enter__(self) -> Self:
        """Use it."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self.stop()

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not self.client.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                log_tail = (self.folder / "log").read_text().splitlines()[-5:]
                raise DaemonError("\n".join(["dockerd does not start; its last lines:", *log_tail]))
            time.sleep(0.2)

    def _unmount(self) -> None:
        """Let go of what a daemon that had to be killed left mounted."""
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in sorted(mounts, reverse=True):
            if Path(mount).is_relative_to(self.folder):
                subprocess.run(["umount", "--lazy", mount], check=True)
