"""Name resolution inside containers: one hosts file that all of them see as /etc/hosts.

It is written in place, so that a running container (which holds the file's inode) sees every change.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class HostsFile:
    """Names by owner (a task, a database, a Cloud Map service); an owner's names are replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, list[tuple[str, str]]] = {"": [("127.0.0.1", "localhost")]}
        self._lock = threading.Lock()
        self._write()

    def publish(self, owner: str, entries: Iterable[tuple[str, str]]) -> None:
        """Let `owner` stand for these (address, name) pairs and no others; none: forget the owner."""
        entries = list(entries)
        with self._lock:
            if self._entries.get(owner, []) == entries:
                return
            if entries:
                self._entries[owner] = entries
            else:
                del self._entries[owner]
            self._write()

    def _write(self) -> None:
        text = "".join(
            f"{address}\t{name}\n" for pairs in self._entries.values() for address, name in pairs
        ).encode()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:  # padded with empty lines: a reader between the two calls sees no half line
            old_size = os.fstat(descriptor).st_size
            os.pwrite(descriptor, text.ljust(old_size, b"\n"), 0)
            os.ftruncate(descriptor, len(text))
        finally:
            os.close(descriptor)
