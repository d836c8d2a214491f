"""Work that a thread does again and again until the account ends."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger(__name__)


class Periodic:
    """Does its work after each pause; what fails is logged, and tried again after the next one.

    Args:
        name: of the thread.
        work: what to do; a pause begins when it has ended.
        seconds: how long a pause is; may be set to another length at any time.
    """

    def __init__(self, name: str, work: Callable[[], None], seconds: float) -> None:
        self.seconds = seconds
        self._name, self._work = name, work
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """Let the work that is being done end, and do it no more."""
        self._ended.set()
        self._thread.join()

    def wait(self, seconds: float) -> bool:
        """Pause within the work; True: it is to end."""
        return self._ended.wait(seconds)

    def _run(self) -> None:
        while not self._ended.wait(self.seconds):
            try:
                self._work()
            except Exception:
                LOG.exception(self._name)
