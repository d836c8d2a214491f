"""Start, stop and find the account's background process."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from embedded_aws import ROOT, programs
from embedded_aws.account import keys, saved_state
from embedded_aws.account.delays import DelayError, Delays

if TYPE_CHECKING:
    from collections.abc import Iterable

PORTS = range(4600, 4700)
"""Where a port is looked for when none is asked for."""
REGION = "us-east-1"
_START_SECONDS = 60
_STOP_SECONDS = 60
MARK = "account.json"
"""Holds where a running account answers; one that died leaves it behind."""
_OF_TASKS = ("tasks", "load-balancer")
"""Folders that are made again by each process of an account."""
_OF_ACCOUNT = (*_OF_TASKS, "rds", "elasticache", "efs", "tls")
"""Folders that mean nothing without the account's state."""
_LOOPBACK = ("127.0.0.1", "127.0.0.0/8")
"""As an address for clients that know no ranges, as a range for those that do."""
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class AccountError(Exception):
    """The account cannot be started, found or ended; the text says why and what to do."""


def start(home: Path, port: int | None = None) -> dict[str, str]:
    """Start the account in the background and wait until it answers; return the environment of its clients.

    A second call finds the running account, whatever port it was started with. One that was stopped, or that
    died, goes on where it was, on its own port.

    Args:
        home: Folder of the account's state.
        port: Loopback port of the AWS API of a new account; None: the first free one of `PORTS`. The
            account's other addresses are 127.<high byte>.<low byte>.*.

    Raises:
        AccountError: The folder is another user's, a program is missing, `EMBEDDED_AWS_DELAYS` is wrong, the
            port is taken, the state of before cannot be read, or the account ended while starting.
    """
    _take(home)
    home = home.resolve()
    if status(home):
        return environment(home)
    check_programs()
    try:
        Delays.of_environment()
    except DelayError as error:
        raise AccountError(str(error)) from error
    if (pid := _pid(home)) is not None:  # whoever started it was killed, or it hangs
        if _answers(home, pid):
            return environment(home)
        _end(pid, home)
    if saved := _saved(home):
        listener = _own_port(saved, home)
        _forget(home, _OF_TASKS)
    else:
        listener = _first_free(PORTS) if port is None else _asked_for(port)
        _forget(home, _OF_ACCOUNT)
    keys.own(home)
    # The process gets the open socket: of two accounts that start at once, each keeps the port it found.
    with listener, (home / "account.log").open("ab" if saved else "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.server", str(home), str(listener.fileno())],
            cwd=ROOT,
            pass_fds=[listener.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    unfinished = home / "account.pid.part"  # who is killed here leaves no half a number
    unfinished.write_text(f"{process.pid}\n")
    unfinished.replace(home / "account.pid")
    deadline = time.monotonic() + _START_SECONDS
    while not status(home):
        if process.poll() is not None or time.monotonic() > deadline:
            _end(process.pid, home)
            raise AccountError(
                f"the account did not start ({home}/account.log):\n{_tail(home / 'account.log')}"
            )
        time.sleep(0.05)
    return environment(home)


def _take(home: Path) -> None:
    """Make the folder, for this user alone.

    One that somebody else made, as anybody can in `/tmp`, has an address to which clients would send what
    they store, and a state that is code to who reads it.
    """
    home.mkdir(parents=True, exist_ok=True)
    for owner in (home.lstat().st_uid, home.stat().st_uid):  # of a symbolic link, and of where it leads
        if owner != os.geteuid():
            raise AccountError(
                f"{home} belongs to the user with id {owner}, not to the one who starts the account "
                f"({os.geteuid()}): use another folder, or remove this one"
            )
    home.chmod(0o700)


def _answers(home: Path, pid: int) -> bool:
    """Wait for an account that is starting; return whether it answers."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and _pid(home) == pid:
        if status(home):
            return True
        time.sleep(0.05)
    return False


def stop(home: Path) -> bool:
    """End the account and every process it started; return whether one was running. Its state stays."""
    home = home.resolve()
    pid = _pid(home)
    if pid is None:
        return False
    _end(pid, home)
    return True


def status(home: Path) -> str:
    """Return the endpoint of the running, healthy account of `home`, or an empty text."""
    home = home.resolve()
    try:
        endpoint = str(json.loads((home / MARK).read_text())["endpoint"])
        with _DIRECT.open(f"{endpoint}/_account/health", timeout=5) as answer:
            return endpoint if json.load(answer)["home"] == str(home) else ""
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return ""  # nobody answers, or another program that has the port now


def died(home: Path) -> bool:
    """Whether the account ended without being stopped: what it was told in its last seconds may be lost."""
    return (home.resolve() / MARK).exists() and not status(home)


def resumable(home: Path) -> bool:
    """Whether an account that does not run has left a state to go on with."""
    return saved_state.exists(home.resolve())


def environment(home: Path) -> dict[str, str]:
    """Return the variables with which an AWS SDK talks to the account of `home`, past any proxy.

    Raises:
        AccountError: No account was started there.
    """
    mark = home.resolve() / MARK
    if not mark.exists():
        raise AccountError(
            f"no account runs in {home}: start it with `python -m embedded_aws start --home {home}`"
        )
    key = keys.own(home.resolve())
    return {
        "AWS_ENDPOINT_URL": str(json.loads(mark.read_text())["endpoint"]),
        "AWS_ACCESS_KEY_ID": key.id,
        "AWS_SECRET_ACCESS_KEY": key.secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_MAX_ATTEMPTS": "3",
        **dict.fromkeys(("NO_PROXY", "no_proxy"), _past_proxies()),
    }


def _past_proxies() -> str:
    exceptions = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    return ",".join(dict.fromkeys([*filter(None, exceptions.split(",")), *_LOOPBACK]))


def check_programs() -> None:
    """Check that the programs are there that an account starts.

    Raises:
        AccountError: Some are not; the packages to install.
    """
    if missing := programs.missing_packages(programs.ACCOUNT):
        raise AccountError(f"programs are missing; install them: apt-get install {' '.join(missing)}")


def _first_free(ports: Iterable[int]) -> socket.socket:
    for port in ports:
        with contextlib.suppress(OSError):
            return _listen(port)
    raise AccountError(
        f"no port of 127.0.0.1 from {PORTS[0]} to {PORTS[-1]} is free: give another with --port"
    )


def _asked_for(port: int) -> socket.socket:
    try:
        return _listen(port)
    except OSError as error:
        raise AccountError(
            f"port {port} of 127.0.0.1 cannot be used ({error.strerror}): give another with --port"
        ) from None


def _saved(home: Path) -> saved_state.Header | None:
    try:
        return saved_state.header(home)
    except saved_state.SavedStateError as error:
        raise AccountError(str(error)) from error


def _own_port(saved: saved_state.Header, home: Path) -> socket.socket:
    try:
        return _listen(saved.port)
    except OSError as error:
        raise AccountError(
            f"port {saved.port} of 127.0.0.1, which the account in {home} has, cannot be used "
            f"({error.strerror}): end the process that listens there"
        ) from None


def _listen(port: int) -> socket.socket:
    """Take a port; one that is only bound could still be taken by another process."""
    return socket.create_server(("127.0.0.1", port))


def _pid(home: Path) -> int | None:
    """Return the id of the account's process, None when it has ended (also when another got its number)."""
    try:
        pid = int((home / "account.pid").read_text())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError, ValueError):
        return None
    return pid if str(home).encode() in arguments else None


def _end(pid: int, home: Path) -> None:
    for wanted, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGKILL, 10)):
        try:
            os.kill(pid, wanted)
        except ProcessLookupError:
            break
        if _ended(pid, seconds):
            break
    for name in ("account.pid", MARK):
        (home / name).unlink(missing_ok=True)


def _ended(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        except ChildProcessError:  # started by another command
            if not Path(f"/proc/{pid}").exists():
                return True
        time.sleep(0.05)
    return False


def _forget(home: Path, names: Iterable[str]) -> None:
    """Remove what an earlier process of the account left and nobody can use."""
    for name in names:
        shutil.rmtree(home / name, ignore_errors=True)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
