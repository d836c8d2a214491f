"""Logs of running tasks, in pieces beside where the complete log will be, while they grow.

A piece is an object whose name is the log's, `.from-` and the offset in bytes at which the piece begins. Its
log is put together from the complete log, if there is one yet, and the pieces that go on where that ends. So
nothing has to be deleted or marked when the complete log is written, in whatever order things fail; and an
object that grows is small, which matters in a bucket that keeps old versions.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Protocol

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
FIRST_SECONDS = 2.0
"""A task that ends before costs no request more than without pieces."""
YOUNG_SECONDS = 120.0
YOUNG_GAP_SECONDS = 2.0
GAP_SECONDS = 4.0
"""The least time between two requests for a log that is no longer young: AWS charges each of them.
A line that comes after a longer silence is written at once."""
AFTER_ERROR_SECONDS = 60.0

PIECE_BYTES = 64 * 1024
"""The next piece begins once a piece has this size, or a sixteenth of what is before it."""
PIECES_SHARE = 16
MAX_PIECE_BYTES = 8 * 1024 * 1024

_MARK = ".from-"
_DIGITS = 12


class Store(Protocol):
    """Where logs are kept, by key."""

    def size(self, key: str) -> int:
        """Give an object's size in bytes; 0 where there is none."""
        ...

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        ...


def piece_key(key: str, offset: int) -> str:
    """Name the piece of a log that begins at an offset in bytes."""
    return f"{key}{_MARK}{offset:0{_DIGITS}}"


def parted(key: str) -> tuple[str, int | None]:
    """Give the log that an object belongs to, and its offset in bytes if it is a piece."""
    name, mark, offset = key.rpartition(_MARK)
    return (name, int(offset)) if mark and len(offset) == _DIGITS and offset.isdecimal() else (key, None)


def logs(sizes: Mapping[str, int]) -> Iterator[str]:
    """Name the logs among objects, each once and in order."""
    yield from sorted({parted(key)[0] for key in sizes})


def assembled(key: str, sizes: Mapping[str, int], read: Callable[[str], bytes]) -> tuple[bytes, bool]:
    """Put a log together; (its text, whether it is written to the end).

    Args:
        key: the log's.
        sizes: size in bytes of each object that is there, by key.
        read: gives an object's content.
    """
    text = read(key) if key in sizes else b""
    complete = key in sizes
    found = ((offset, one) for one in sizes for log_key, offset in [parted(one)] if log_key == key)
    for offset, one in sorted((offset, one) for offset, one in found if offset is not None):
        if offset + sizes[one] > len(text):
            text += read(one)[max(len(text) - offset, 0) :]
            complete = False
    return text, complete


class RunningLog:
    """One log that grows; `step` writes what is due, in a thread."""

    def __init__(self, key: str, file: IO[bytes], store: Callable[[], Store], now: float) -> None:
        """Open the file again to read it. Not by its name, which the task may give to any other file."""
        self.file = file
        self._key, self._store = key, store
        self._begun, self._due = now, now + FIRST_SECONDS
        self._base: int | None = None
        self._start = self._sent = 0
        self._lock = threading.Lock()
        self._descriptor: int | None = os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY | os.O_CLOEXEC)

    def step(self, now: float) -> None:
        """Write the newest piece again, or the next one, if there is something new and it is time."""
        with self._lock:
            if self._descriptor is None or now < self._due:
                return
            if os.fstat(self._descriptor).st_size <= self._sent:
                return
            self._due = now + AFTER_ERROR_SECONDS
            self._write(self._descriptor)
            young = now - self._begun < YOUNG_SECONDS
            self._due = now + (YOUNG_GAP_SECONDS if young else GAP_SECONDS)

    def close(self) -> None:
        """Write nothing from here on: wait for the piece that is being written."""
        with self._lock:
            if self._descriptor is not None:
                os.close(self._descriptor)
            self._descriptor = None

    def _write(self, descriptor: int) -> None:
        store = self._store()
        if self._base is None:  # an attempt that was deferred goes on in the same log
            self._base = store.size(self._key)
        body = os.pread(descriptor, MAX_PIECE_BYTES, self._start)
        whole = body.rfind(b"\n") + 1
        if whole or len(body) < MAX_PIECE_BYTES:
            body = body[:whole]
        if self._start + len(body) <= self._sent:
            return
        store.put(piece_key(self._key, self._base + self._start), body)
        self._sent = self._start + len(body)
        if len(body) >= min(max(PIECE_BYTES, self._start // PIECES_SHARE), MAX_PIECE_BYTES // 2):
            self._start = self._sent


class RunningLogs:
    """The logs that this process writes, by the name of their file; one thread writes the pieces of all.

    It runs while there is a log. What forks from this process has none.
    """

    def __init__(self, store: Callable[[], Store], clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._logs: dict[str, RunningLog] = {}
        self._thread: threading.Thread | None = None

    def watch(self, key: str, file: IO[bytes]) -> None:
        """Have a log in pieces from now on, unless it is already; called for each of its lines."""
        known = self._logs.get(file.name)
        if known is not None and known.file is file:
            return
        self.finish(file.name)
        with self._lock:
            self._logs[file.name] = RunningLog(key, file, self._store, self._clock())
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="running-logs", daemon=True)
                self._thread.start()

    def finish(self, name: str) -> None:
        """Write no piece of the log in a file from here on."""
        with self._lock:
            found = self._logs.pop(name, None)
        if found is not None:
            found.close()

    def step(self) -> bool:
        """Write what is due; whether there are logs left."""
        for name, one in list(self._logs.items()):
            if one.file.closed:  # without a complete log: the task was refused
                self.finish(name)
                continue
            try:
                one.step(self._clock())
            except Exception as error:  # noqa: BLE001 - the complete log comes in any case
                log.warning("no piece of the log %s was written: %s", name, error)
        with self._lock:
            if not self._logs:
                self._thread = None
            return bool(self._logs)

    def _run(self) -> None:
        try:
            self._store()  # now: a client takes seconds to make, and the complete log needs it too
        except Exception as error:  # noqa: BLE001 - as above
            log.warning("the logs bucket cannot be reached yet: %s", error)
        while self.step():
            time.sleep(POLL_SECONDS)
