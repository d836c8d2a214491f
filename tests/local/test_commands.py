"""How `make up` runs programs, with real ones that are interrupted, killed and slow."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from local import commands
from tests.helpers.checkout import ROOT
from tests.helpers.polling import wait_for

RUN = """
import sys
from pathlib import Path
from local import commands
commands.run(sys.argv[1:], Path("/"), {})
"""
GRACEFUL = "trap 'echo got; sleep 0.2; echo saved; exit 3' INT TERM; echo ready; while :; do sleep 0.05; done"
"""What `pulumi` does when it is interrupted: it finishes, and then it ends."""


def start(*command: str) -> "subprocess.Popen[str]":
    """Start a process that runs a command."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, *command],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_program_gets_variables_and_descriptors(tmp_path: Path) -> None:
    """And runs in its folder."""
    reader, writer = os.pipe()
    script = f'echo "$WORD" > out; echo held >&{writer}'
    commands.run(["bash", "-c", script], tmp_path, {"WORD": "x"}, held=[writer])
    os.close(writer)
    with os.fdopen(reader) as pipe:
        assert pipe.read() == "held\n"
    assert (tmp_path / "out").read_text() == "x\n"


def test_a_failure_is_an_error() -> None:
    """With the command and its exit code."""
    with pytest.raises(SystemExit, match=r"`sh -c exit 7` ended with 7; the reason is above"):
        commands.run(["sh", "-c", "exit 7"], Path("/"), {})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("whole_group", [False, True])
def test_an_interrupted_program_ends_by_itself(number: signal.Signals, whole_group: bool) -> None:  # noqa: FBT001
    """It gets the signal once, also where a terminal's Ctrl-C reaches the whole group, and is waited for."""
    process = start("bash", "-c", GRACEFUL)
    os.killpg(process.pid, number) if whole_group else os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert out.count("got") == 1
    assert out.endswith("saved\n")
    assert "interrupted; `make up` continues from here" in err
    assert process.returncode == 130


def test_a_signal_while_a_program_starts_reaches_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """None is lost, and none ends this process before the program."""
    begin = subprocess.Popen

    def interrupted(*arguments: Any, **options: Any) -> Any:
        process: Any = begin(*arguments, **options)
        signal.raise_signal(signal.SIGTERM)
        return process

    monkeypatch.setattr(subprocess, "Popen", interrupted)
    with pytest.raises(SystemExit):
        commands.run(["sleep", "60"], Path("/"), {})
    assert "interrupted" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


def test_a_program_ends_with_who_started_it(tmp_path: Path) -> None:
    """A killed `make up` leaves no `pulumi` that goes on; it gets the time to save what it did."""
    mark = tmp_path / "saved"
    script = GRACEFUL.replace("echo saved", f"touch {mark}").replace("echo ready", "echo $$ >&2; echo ready")
    process = start("bash", "-c", script)
    assert process.stderr is not None
    pid = int(process.stderr.readline())
    process.kill()
    process.wait()
    wait_for("its end", lambda: not Path(f"/proc/{pid}").exists(), 30)
    assert mark.exists()
    process.communicate()


def test_progress_is_printed_while_it_waits(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the time, and only where there is something to report."""
    monkeypatch.setattr(commands, "PROGRESS_SECONDS", 0.1)
    lines = iter(["scheduler has 0 of 1 healthy tasks", ""])
    threads, began = threading.active_count(), time.monotonic()
    commands.run(["sleep", "0.55"], Path("/"), {}, progress=lambda: next(lines, ""))
    assert time.monotonic() - began < 5
    assert capsys.readouterr().out == "    0 s: scheduler has 0 of 1 healthy tasks\n"
    assert threading.active_count() == threads
