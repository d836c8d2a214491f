"""Loopback addresses: one for each task, database, cache and load balancer of an account."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class NoAddressLeftError(Exception):
    """All 253 addresses of the account are in use."""


class Addresses:
    """The block 127.<high byte>.<low byte>.0/24 of the account's port, so no two accounts share one."""

    def __init__(self, port: int) -> None:
        self._free = deque(f"127.{port >> 8}.{port & 255}.{host}" for host in range(2, 255))
        self._lock = threading.Lock()

    def take(self) -> str:
        """Return an address nobody has, the one longest unused.

        Raises:
            NoAddressLeftError: None is free.
        """
        with self._lock:
            if not self._free:
                raise NoAddressLeftError("the account's 253 addresses are all in use: stop some tasks")
            return self._free.popleft()

    def reserve(self, addresses: Iterable[str]) -> None:
        """Let nobody take addresses that are in use."""
        with self._lock:
            for address in addresses:
                self._free.remove(address)

    def release(self, address: str) -> None:
        """Give back what `take` returned."""
        with self._lock:
            self._free.append(address)
