"""One command at a time, with real processes that hold the lock, are killed, and leave others behind."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import lock
from local.lock import Lock
from local.state import State
from tests.helpers.checkout import ROOT
from tests.helpers.polling import wait_for

HOLD = """
import subprocess, sys, time
from pathlib import Path
from local.lock import Lock
lock = Lock.take(Path(sys.argv[1]), "make up")
child = subprocess.Popen(["sleep", sys.argv[2]], pass_fds=[lock.descriptor]) if sys.argv[2] else None
print(child.pid if child else 0, flush=True)
time.sleep(60)
"""


class Holder:
    """A process that holds the lock, and perhaps one that it started."""

    def __init__(self, path: Path, child_seconds: str = "") -> None:
        command = [sys.executable, "-c", HOLD, str(path), child_seconds]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.child = int(self.process.stdout.readline())

    def end(self) -> None:
        """Kill both."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        if self.child and Path(f"/proc/{self.child}").exists():
            os.kill(self.child, signal.SIGKILL)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The lock of a checkout."""
    return tmp_path / ".local" / "lock"


@pytest.fixture
def holders() -> Iterator[list[Holder]]:
    """Who is to be ended after the test."""
    found: list[Holder] = []
    yield found
    for holder in found:
        holder.end()


def test_a_second_command_is_refused(path: Path, holders: list[Holder]) -> None:
    """In one line, with the first one's name and process, before anything is changed."""
    holders.append(Holder(path))
    before = path.read_text()
    pid = holders[0].process.pid
    with pytest.raises(SystemExit, match=f"^`make up` is running here: wait .*: kill {pid}$"):
        Lock.take(path, "make down")
    assert path.read_text() == before


def test_a_lock_ends_with_who_held_it(path: Path, holders: list[Holder]) -> None:
    """Killed, as by a restart of the machine: the file that is left means nothing."""
    holders.append(Holder(path))
    holders[0].end()
    assert path.exists()
    Lock.take(path, "make up")
    assert path.read_text() == f"{os.getpid()} make up\n"


def test_a_folder_that_goes_meanwhile_is_made_again(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a `make down` that has just ended."""
    begin, removed = os.open, [path.parent]

    def remove_first(file: Path, flags: int, mode: int) -> int:
        if removed:
            removed.pop().rmdir()
        return begin(file, flags, mode)

    monkeypatch.setattr(os, "open", remove_first)
    assert Lock.take(path, "make up").path == path
    assert path.read_text() == f"{os.getpid()} make up\n"


def test_what_a_killed_command_started_is_waited_for(
    path: Path, holders: list[Holder], capsys: pytest.CaptureFixture[str]
) -> None:
    """It may still change the stack; who waits reads for whom."""
    holders.append(Holder(path, "60"))
    child = holders[0].child
    holders[0].process.kill()
    holders[0].process.wait()
    threading.Timer(0.5, os.kill, (child, signal.SIGKILL)).start()
    began = time.monotonic()
    Lock.take(path, "make up")
    assert time.monotonic() - began > 0.4
    expected = f"`make up` was killed: waiting for what it started to end ({child})\n"
    assert capsys.readouterr().out == expected


def test_what_does_not_end_is_named(
    path: Path, holders: list[Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the command that ends it."""
    monkeypatch.setattr(lock, "LEFTOVER_SECONDS", 0.1)
    holders.append(Holder(path, "60"))
    holders[0].process.kill()
    holders[0].process.wait()
    with pytest.raises(SystemExit, match=f"what it started still runs; end it: kill {holders[0].child}$"):
        Lock.take(path, "make up")


def test_a_number_that_another_process_got_is_no_holder(path: Path, holders: list[Holder]) -> None:
    """Numbers are given again after a restart of the machine; a process that runs need not hold the lock."""
    holders.append(Holder(path, "60"))
    holders[0].process.kill()
    holders[0].process.wait()
    path.write_text(f"{os.getppid()} make up\n")
    threading.Timer(0.3, os.kill, (holders[0].child, signal.SIGKILL)).start()
    Lock.take(path, "make up")


def test_down_removes_the_lock_last(path: Path) -> None:
    """A command that starts meanwhile is refused, and one after it has a lock that others see."""
    state = State(path.parents[1])
    taken = Lock.take(path, "make down")
    for name in ("aws", "pulumi", "workspace"):
        (state.root / name / "deep").mkdir(parents=True)
    (state.root / "env").touch()
    state.remove()
    assert not state.root.exists()
    other = Lock.take(path, "make up")
    assert os.fstat(other.descriptor).st_ino == path.stat().st_ino != os.fstat(taken.descriptor).st_ino


def test_the_lock_outlives_the_change_of_program(path: Path) -> None:
    """`make up` becomes the project's Python, and holds the lock all the time."""
    program = (
        "import os, sys; from pathlib import Path; from local.lock import Lock; path = Path(sys.argv[1]); "
        "fd = Lock.take(path, 'make up').keep_for_next_program(); "
        "os.execv(sys.executable, [sys.executable, '-c', 'import sys, time; from pathlib import Path; "
        "from local.lock import Lock; lock = Lock.inherited(Path(sys.argv[1]), int(sys.argv[2])); "
        "print(flush=True); time.sleep(60)', str(path), str(fd)])"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(SystemExit, match=f"kill {process.pid}$"):
            Lock.take(path, "make up")
        process.kill()
    wait_for("the lock", lambda: Lock.take(path, "make up"), 10)
