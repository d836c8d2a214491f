"""How `make up` runs other programs: they end with it, and a signal reaches them once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

PROGRESS_SECONDS = 20.0
"""Between two lines about what a program waits for."""
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
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "TERM", *command],
        cwd=folder,
        env={**os.environ, **environment},
        pass_fds=held,
        process_group=0,  # a terminal's Ctrl-C reaches it through this process, and so once
    )
    with _forwarded(process) as received:
        code = _wait(process, progress)
    if received:
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


@contextmanager
def _forwarded(process: subprocess.Popen[bytes]) -> Generator[list[int]]:
    """Pass signals on to a program; yields the list of those that arrived."""
    received: list[int] = []

    def forward(number: int, _: FrameType | None) -> None:
        received.append(number)
        process.send_signal(number)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
