"""Signals that reach a command while it pauses."""

import os
import signal
import threading
import time

import pytest


def interrupt_pauses(monkeypatch: pytest.MonkeyPatch, number: int = signal.SIGINT) -> None:
    """Send this process a signal where its main thread would sleep; threads of other tests sleep on."""
    sleep = time.sleep

    def interrupted(seconds: float) -> None:
        if threading.current_thread() is threading.main_thread():
            os.kill(os.getpid(), number)
        else:
            sleep(seconds)

    monkeypatch.setattr(time, "sleep", interrupted)
