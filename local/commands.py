"""How `make up` runs other programs: they end with it, and a signal reaches them once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Self

PROGRESS_SECONDS = 20.0
"""Between two lines about what a program waits for."""
_ENDING = (signal.SIGINT, signal.SIGTERM)
INTERRUPTED = 128 + signal.SIGINT
"""Exit code of a shell's command that was interrupted."""


def run(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    held: Sequence[int] = (),
    progress: Callable[[], str] | None = None,
) -> None:
    """Run a program to its end.

    If this process is killed, the program gets SIGTERM: `pulumi` then finishes what it began and saves it.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        environment: variables in addition to those of this process.
        held: descriptors that it inherits.
        progress: describes from time to time what it waits for; empty where there is nothing to report.

    Raises:
        SystemExit: it failed, or this process was interrupted and the program has ended.
    """
    with _Signals() as signals:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            cwd=folder,
            env={**os.environ, **environment},
            pass_fds=held,
            process_group=0,  # a terminal's Ctrl-C reaches it through this process, and so once
        )
        signals.forward_to(process)
        code = _wait(process, progress)
    if signals.received:
        print("\ninterrupted; `make up` continues from here, `make down` destroys it", file=sys.stderr)
        sys.exit(INTERRUPTED)
    if code:
        sys.exit(f"`{' '.join(command)}` ended with {code}; the reason is above")


def _wait(process: subprocess.Popen[bytes], progress: Callable[[], str] | None) -> int:
    began = time.monotonic()
    while True:
        try:
            return process.wait(PROGRESS_SECONDS)
        except subprocess.TimeoutExpired:
            text = progress() if progress else ""
            if text:
                print(f"    {time.monotonic() - began:.0f} s: {text}", flush=True)


class _Signals:
    """Within a `with`, keeps the signals that would end this process, and passes them on to a program."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self._sent = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._note) for number in _ENDING}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def forward_to(self, process: subprocess.Popen[bytes]) -> None:
        """Pass on what arrived before the program had started, and what arrives from now on."""
        self._process = process
        self._forward()

    def _note(self, number: int, _: FrameType | None) -> None:
        self.received.append(number)
        self._forward()

    def _forward(self) -> None:
        while self._process is not None and self._sent < len(self.received):
            self._sent += 1
            self._process.send_signal(self.received[self._sent - 1])
