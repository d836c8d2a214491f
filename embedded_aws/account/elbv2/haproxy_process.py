"""The haproxy process: a changed configuration is a new process that takes the sockets over.

The old one ends its open requests: none is refused or cut.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from typing import TYPE_CHECKING

from embedded_aws import programs
from embedded_aws.account import processes

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

LOG = logging.getLogger(__name__)
_CONTROL = "control"
"""The control socket of haproxy, in its folder."""


class HaproxyProcess:
    """Serves the last configuration that it got.

    Args:
        folder: of its configuration, log and control socket.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._text = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._old: list[subprocess.Popen[bytes]] = []

    def end(self) -> None:
        """End it at once."""
        for process in filter(None, [self._process, *self._old]):
            process.kill()
            process.wait()

    def serve(self, text: str) -> None:
        """Let haproxy serve a configuration; the old one goes on where the new one cannot start."""
        self._old = [process for process in self._old if process.poll() is None]
        alive = self._process is not None and self._process.poll() is None
        if text == self._text and (alive or not text):
            return
        self._text = text
        if not text:
            if alive and self._process is not None:
                self._process.send_signal(signal.SIGUSR1)
                self._old.append(self._process)
            self._process = None
            return
        # Named from within its folder: a socket's whole path may have no more than 107 bytes.
        socket_line = f"  stats socket unix@{_CONTROL} expose-fd listeners level user\n"
        (self._folder / "haproxy.cfg").write_text(text.replace("global\n", f"global\n{socket_line}", 1))
        log = self._folder / "haproxy.log"
        after = ["-x", _CONTROL, "-sf", str(self._process.pid)] if alive and self._process is not None else []
        with log.open("ab") as output:
            process = processes.spawn(
                ["setpriv", "--pdeathsig", "KILL", "haproxy", "-db", "-f", "haproxy.cfg", *after],
                environment={"PATH": programs.search_path()},
                output=output,
                folder=self._folder,
            )
        if not self._answers(process):
            LOG.error("haproxy did not start:\n%s", log.read_text(errors="replace")[-2000:])
            return
        if alive and self._process is not None:
            self._old.append(self._process)
        self._process = process

    def statistics(self) -> tuple[int, str]:
        """Return haproxy's counters as CSV, and which process has counted; 0 and nothing where none runs.

        https://docs.haproxy.org/2.6/management.html#9.3-show%20stat
        """
        process = self._process
        if process is None or process.poll() is not None:
            return 0, ""
        folder = os.open(self._folder, os.O_PATH)
        try:
            return process.pid, _ask(f"/proc/self/fd/{folder}/{_CONTROL}", "show stat")
        finally:
            os.close(folder)

    def _answers(self, process: subprocess.Popen[bytes]) -> bool:
        """Wait until the control socket is the new process's."""
        folder = os.open(self._folder, os.O_PATH)
        try:
            return self._answers_on(f"/proc/self/fd/{folder}/{_CONTROL}", process)
        finally:
            os.close(folder)

    def _answers_on(self, control: str, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + 5
        while process.poll() is None and time.monotonic() < deadline:
            try:
                if f"Pid: {process.pid}\n" in _ask(control, "show info"):
                    return True
            except OSError:
                pass
            time.sleep(0.01)
        return False


def _ask(control: str, command: str) -> str:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        connection.connect(control)
        connection.sendall(f"{command}\n".encode())
        return connection.makefile().read()
