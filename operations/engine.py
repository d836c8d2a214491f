"""Runs the engine's operations: their events as lines, their failures as one line with a remedy."""

import os
import re
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from pulumi import automation as auto

from operations.changes import OURS, PLUMBING, REPLACING, UNCHANGED
from operations.workspace import PROJECT

LOCKED: Final = 75
"""Exit code when another update holds the stack: sysexits' EX_TEMPFAIL, "try again"."""
CANCELLED: Final = 130
"""Exit code after a signal, as a shell gives it for SIGINT."""
PAUSE_SECONDS: Final = 10
LOCK_HOLDER: Final = re.compile(r"(?<=: )created by .*$", re.MULTILINE)
POLICY_PACK: Final = PROJECT / "policy"


class Progress:
    """Writes a line when a resource is done, and one for each complaint."""

    def __init__(self) -> None:
        self._started: dict[str, float] = {}
        self.events: list[Any] = []

    def __call__(self, event: Any) -> None:
        """Take an event of the engine (`pulumi.automation.EngineEvent`)."""
        self.events.append(event)
        if event.resource_pre_event:
            self._started[event.resource_pre_event.metadata.urn] = time.monotonic()
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            _print(f"FAILED {_name(event.res_op_failed_event.metadata)}")
        elif event.diagnostic_event and event.diagnostic_event.severity in {"warning", "error"}:
            _print(f"{event.diagnostic_event.severity}: {event.diagnostic_event.message.strip()}")
        elif event.policy_event:
            found = event.policy_event
            _print(f"policy {found.policy_name} ({found.enforcement_level}): {found.message.strip()}")

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


def operate(what: str, run: Callable[[], Any], *, wait_seconds: float) -> Any:
    """Run an operation of the engine.

    Args:
        what: the operation and the stack, for messages.
        run: the call of the Automation API.
        wait_seconds: how long to wait for another update that holds the stack.

    Raises:
        SystemExit: 75 when another update holds the stack, 130 when a signal cancelled it, 1 when it failed.
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
                _print(f"{what} failed: {reason(error)}")
                raise SystemExit(1) from None


def reason(error: Exception) -> str:
    """Give the last line of what Pulumi said."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip() not in {"", "stderr:"}]
    return lines[-1] if lines else "no reason given"


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
