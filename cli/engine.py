"""Runs the engine's operations: their events as lines, their failures as one line with a remedy."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, Final, TypeVar

from pulumi import automation as auto

import policy as policy_pack
from cli.changes import OURS, PLUMBING, REPLACING, UNCHANGED
from cli.diagnostics import essence
from cli.errors import USAGE, reason, remedy
from components.model.shown import without_logins

Done = TypeVar("Done")
LOCKED: Final = 75
"""Exit code when another update holds the stack: sysexits' EX_TEMPFAIL, "try again"."""
CANCELLED: Final = 130
"""Exit code after a signal, as a shell gives it for SIGINT."""
PAUSE_SECONDS: Final = 10
LOCK_HOLDER: Final = re.compile(r"(?<=: )created by .*$", re.MULTILINE)
POLICY_PACK: Final = Path(policy_pack.__file__).parent


class Progress:
    """Writes a line when a resource is done, and one for each complaint.

    Attributes:
        errors: what the engine complained about, in its order.
    """

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self.errors: list[str] = []

    def __call__(self, event: Any) -> None:
        """Take an event of the engine (`pulumi.automation.EngineEvent`)."""
        if event.resource_pre_event:
            self._started[event.resource_pre_event.metadata.urn] = time.monotonic()
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            _print(f"FAILED {_name(event.res_op_failed_event.metadata)}")
        elif event.diagnostic_event and event.diagnostic_event.severity in {"warning", "error"}:
            self._complain(event.diagnostic_event)
        elif event.policy_event:
            found = event.policy_event
            _print(f"policy {found.policy_name} ({found.enforcement_level}): {found.message.strip()}")

    def _complain(self, diagnostic: Any) -> None:
        message = essence(diagnostic.message)
        if diagnostic.severity == "error":
            self.errors.append(message)
        _print(f"{diagnostic.severity}: {message}")

    def _done(self, step: Any) -> None:
        operation = getattr(step.op, "value", step.op)
        if operation in UNCHANGED or step.type.startswith((OURS, *PLUMBING)):
            return
        seconds = time.monotonic() - self._started.get(step.urn, time.monotonic())
        _print(f"{_past(operation)} {_name(step)} ({seconds:.0f} s)")


def _past(operation: str) -> str:
    return "replaced" if operation in REPLACING else f"{operation.rstrip('e')}ed"


def _name(step: Any) -> str:
    return f"{step.type} {step.urn.rsplit('::', 1)[1]}"


def _print(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def operate(
    what: str, run: Callable[[], Done], *, wait_seconds: float, progress: Progress | None = None
) -> Done:
    """Run an operation of the engine.

    Args:
        what: the operation and the stack, for messages.
        run: the call of the Automation API.
        wait_seconds: how long to wait for another update that holds the stack.
        progress: what got the operation's events: its first error is the reason of a failure.

    Raises:
        SystemExit: 75 when another update holds the stack, 130 when a signal cancelled it, 1 when it failed,
            2 when it failed for want of credentials or a region.
    """
    give_up = time.monotonic() + wait_seconds
    with _signals_end_it() as signals:
        while True:
            try:
                return run()
            except auto.ConcurrentUpdateError as error:
                if time.monotonic() >= give_up or signals:
                    _print(_locked(what, str(error)))
                    raise SystemExit(LOCKED) from None
                time.sleep(PAUSE_SECONDS)
            except auto.CommandError as error:
                if signals:
                    _print(f"{what} was cancelled ({signals[0].name}); what was done is kept. Run it again")
                    raise SystemExit(CANCELLED) from None
                errors = progress.errors if progress else []
                raise SystemExit(_failed(what, [*errors, without_logins(reason(str(error)))])) from None


def _failed(what: str, errors: Sequence[str]) -> int:
    """Print why an operation failed, the first error first; return the exit code."""
    advice = next((found for one in errors if (found := remedy(one))), "")
    why = errors[0].partition("\n")[0]
    _print(f"{what} failed: {why}{f'. {advice}' if advice else ''}")
    return USAGE if advice else 1


def _locked(what: str, error: str) -> str:
    holder = LOCK_HOLDER.search(error)
    by = f" ({holder[0]})" if holder else ""
    return (
        f"{what}: another update holds the stack{by}. Wait (--wait-seconds), or, if it died, "
        "run `pulumi cancel`"
    )


@contextmanager
def _signals_end_it() -> Generator[list[signal.Signals]]:
    """Hand a signal on to the engine, once, so that it ends after the running steps and keeps the state.

    At a terminal the engine gets Ctrl-C by itself, and a second one would make it give up at once. Elsewhere
    (CI) only this process is signalled, so it leads a process group of its own.
    """
    received: list[signal.Signals] = []
    terminal = sys.stdin.isatty()
    if not terminal and os.getpgid(0) != os.getpid():
        os.setpgid(0, 0)

    def forward(number: int, _: FrameType | None) -> None:
        first = not received
        received.append(signal.Signals(number))
        if first and not (terminal and number == signal.SIGINT):
            os.killpg(0, signal.SIGINT)

    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def plain(outputs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Give a stack's outputs without secret values."""
    return {name: "[secret]" if one.secret else one.value for name, one in outputs}
