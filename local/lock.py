"""One of `make up`, `make stop` and `make down` at a time in a checkout.

The lock is the kernel's: it ends with the last process that holds it, so none outlives a kill or a restart of
the machine. `pulumi` holds it together with the command that started it.
"""

import errno
import fcntl
import os
import sys
import time
from pathlib import Path

LEFTOVER_SECONDS = 120
"""How long to wait for what a killed command left running; `pulumi` ends by itself, as soon as it can."""
_PAUSE_SECONDS = 0.2


class Lock:
    """The lock of a checkout, held by this process and by those that get its descriptor.

    Attributes:
        path: the file that is locked; it names who holds it.
        descriptor: of the locked file.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path, self.descriptor = path, descriptor

    @classmethod
    def take(cls, path: Path, command: str) -> "Lock":
        """Take the lock for a command such as `make up`.

        Raises:
            SystemExit: another command runs; which one, and what to do.
        """
        descriptor = _locked(path)
        deadline, waits = time.monotonic() + LEFTOVER_SECONDS, False
        while descriptor is None:
            pids = _holders(path)
            owner, pid = _owner(path)
            if pid in pids:
                sys.exit(f"`{owner}` is running here: wait until it has ended, or end it with: kill {pid}")
            numbers = " ".join(map(str, sorted(pids)))
            if time.monotonic() > deadline:
                sys.exit(f"`{owner}` was killed, and what it started still runs; end it: kill {numbers}")
            if pids and not waits:
                print(f"`{owner}` was killed: waiting for what it started to end ({numbers})", flush=True)
                waits = True
            time.sleep(_PAUSE_SECONDS)
            descriptor = _locked(path)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()} {command}\n".encode(), 0)
        return cls(path, descriptor)

    @classmethod
    def inherited(cls, path: Path, descriptor: int) -> "Lock":
        """Return the lock that this process held before it became another program."""
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - the standard library's
        return cls(path, descriptor)

    def keep_for_next_program(self) -> int:
        """Let the program that this process becomes hold the lock; return the descriptor to give to it."""
        os.set_inheritable(self.descriptor, True)  # noqa: FBT003 - the standard library's
        return self.descriptor


def _locked(path: Path) -> int | None:
    """Open and lock the file; None: another process has it. `make down` may remove it, and its folder."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        except OSError as error:
            if error.errno != errno.EWOULDBLOCK:
                raise
            os.close(descriptor)
            return None
        os.close(descriptor)


def _owner(path: Path) -> tuple[str, int]:
    """Return the command that took the lock, and its process."""
    pid, _, command = path.read_text().strip().partition(" ") if path.exists() else ("", "", "")
    return command or "another command", int(pid) if pid.isdecimal() else 0


def _holders(path: Path) -> set[int]:
    """Return the processes of this user that have the file open."""
    found: set[int] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(link.readlink() == path for link in (process / "fd").iterdir()):
                found.add(int(process.name))
        except (PermissionError, FileNotFoundError, ProcessLookupError):
            continue  # another user's, or it has ended
    return found - {os.getpid()}
