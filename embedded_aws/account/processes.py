"""Start and end the account's processes. None of them outlives the account."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from embedded_aws import sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

LOG = logging.getLogger(__name__)
SERVER_UID = 1000
"""User id of PostgreSQL and Redis in their own user namespace: PostgreSQL refuses to run as root."""

_spawner = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spawner")
"""All processes are children of one thread that lives as long as the account: the kernel sends the
parent-death signal when the *thread* that started a process ends."""


def spawn(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes] | int,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, in `folder`; standard output and error go to `output`."""
    return _spawner.submit(
        subprocess.Popen,
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ).result()


def spawn_server(
    name: str, command: Sequence[str], *, folder: Path, readable: Sequence[Path], log: Path
) -> subprocess.Popen[bytes]:
    """Start a server in a sandbox: it may write `folder`, read `readable`, and is an ordinary user inside."""
    with log.open("ab") as output:
        return spawn(
            server_command(name, command, folder=folder, readable=readable),
            environment={"PATH": sandbox.DEFAULT_PATH, "LANG": "C.UTF-8"},
            output=output,
        )


def server_command(name: str, command: Sequence[str], *, folder: Path, readable: Sequence[Path]) -> list[str]:
    """Return the sandboxed command line of a server or of a tool that prepares one (initdb)."""
    users = folder / "passwd"
    users.write_text(f"server:x:{SERVER_UID}:{SERVER_UID}::{folder}:/bin/sh\n")
    return sandbox.command(
        command,
        root=None,
        mounts=[
            sandbox.Mount(source=folder, target=str(folder)),
            *(sandbox.Mount(source=path, target=str(path), read_only=True) for path in readable),
            sandbox.Mount(source=users, target="/etc/passwd", read_only=True),
        ],
        read_only_root=False,
        uid=SERVER_UID,
        gid=SERVER_UID,
        workdir=str(folder),
        hostname=name,
    )


def interrupt(process: subprocess.Popen[bytes], wanted: signal.Signals) -> None:
    """Send a signal to the program inside a sandbox."""
    program = sandbox.main_process(process.pid)
    if program is None:  # not started yet, or just ended
        return
    try:
        os.kill(program, wanted)
    except ProcessLookupError:
        LOG.debug("process %d ended before %s reached it", program, wanted.name)


def end(process: subprocess.Popen[bytes], seconds: float, wanted: signal.Signals = signal.SIGTERM) -> int:
    """End a sandboxed program: `wanted`, after `seconds` SIGKILL to all in it; return its exit code."""
    deadline = time.monotonic() + seconds
    while (
        process.poll() is None and sandbox.main_process(process.pid) is None and time.monotonic() < deadline
    ):
        time.sleep(0.01)
    interrupt(process, wanted)
    try:
        return process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
