"""Logs in pieces: what is written when, and what is read of it. The store is a dictionary.

`test_task_logs.py` has Airflow's own tasks and S3's API.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from airflow_ecs_image import running_logs
from airflow_ecs_image.running_logs import (
    AFTER_ERROR_SECONDS,
    FIRST_SECONDS,
    GAP_SECONDS,
    MAX_PIECE_BYTES,
    PIECE_BYTES,
    YOUNG_GAP_SECONDS,
    YOUNG_SECONDS,
    RunningLog,
    RunningLogs,
    assembled,
    logs,
    parted,
    piece_key,
)

KEY = "logs/attempt=1.log"
LINE = b'{"event": "line"}\n'


class Memory:
    """A store; refuses what is written while it is `away`."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.puts = 0
        self.away = False

    def size(self, key: str) -> int:
        """Give an object's size."""
        return len(self.objects.get(key, b""))

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""
        self.puts += 1
        if self.away:
            raise ConnectionError("away")
        self.objects[key] = body

    def read(self, key: str = KEY) -> tuple[bytes, bool]:
        """What a reader makes of it."""
        return assembled(key, {one: self.size(one) for one in self.objects}, self.objects.__getitem__)


class Task:
    """A task that writes its log; time passes as the test says."""

    def __init__(self, path: Path) -> None:
        self.store = Memory()
        self.now = 0.0
        self.path = path
        self.file: IO[bytes] = path.open("ab")
        self.log = RunningLog(KEY, self.file, lambda: self.store, self.now)

    def write(self, text: bytes = LINE) -> None:
        """Write, as structlog does."""
        self.file.write(text)
        self.file.flush()

    def wait(self, seconds: float) -> None:
        """Let time pass, with a step each half second."""
        for _ in range(int(seconds / 0.5)):
            self.now += 0.5
            self.log.step(self.now)


@pytest.fixture
def task(tmp_path: Path) -> Iterator[Task]:
    """A task that has begun."""
    found = Task(tmp_path / "attempt=1.log")
    yield found
    found.log.close()
    found.file.close()


def test_a_short_task_writes_no_piece(task: Task) -> None:
    """Its complete log comes soon enough, and costs a request."""
    task.write()
    task.wait(FIRST_SECONDS - 0.5)
    assert task.store.puts == 0


def test_a_line_after_silence_is_written_at_once(task: Task) -> None:
    """With the next look at the file."""
    task.wait(3600)
    assert task.store.puts == 0
    task.write()
    task.wait(0.5)
    assert task.store.read() == (LINE, False)


def test_nothing_new_is_nothing_written(task: Task) -> None:
    """However long it takes."""
    task.write()
    task.wait(3600)
    assert task.store.puts == 1


def test_a_line_is_there_within_five_seconds_and_an_hour_has_an_upper_limit(task: Task) -> None:
    """A task that says something twice a second; docs/operations.md names the limit."""
    written_at: list[float] = []
    for _ in range(7200):
        task.write()
        written_at.append(task.now)
        task.wait(0.5)
        shown = len(task.store.read()[0]) // len(LINE)
        assert all(task.now - at <= GAP_SECONDS for at in written_at[shown:])
        if task.now < YOUNG_SECONDS:
            assert all(task.now - at <= YOUNG_GAP_SECONDS for at in written_at[shown:])
    assert task.store.puts <= 930


def test_a_line_that_is_half_written_waits(task: Task) -> None:
    """A reader gets whole lines."""
    task.write(LINE + b'{"event"')
    task.wait(10)
    assert task.store.read() == (LINE, False)
    task.write(b': "x"}\n')
    task.wait(10)
    assert task.store.read() == (LINE + b'{"event": "x"}\n', False)


def test_a_line_longer_than_a_piece_is_cut(task: Task) -> None:
    """Or nothing after it would be shown."""
    text = b"x" * (2 * MAX_PIECE_BYTES + 5) + b"\n"
    task.write(text)
    task.wait(60)
    assert task.store.read() == (text, False)


def test_pieces_stay_few_and_small(task: Task) -> None:
    """A piece is written again and again, and the bucket keeps what it was before."""
    written = 0
    for number in range(1000):
        task.write(b"%08d %s\n" % (number, b"x" * 16384))
        before = task.store.puts
        task.wait(4)
        if task.store.puts > before:
            written += len(task.store.objects[max(task.store.objects)])
    assert task.store.read()[0] == task.path.read_bytes()
    assert len(task.store.objects) < 80
    assert written < 32 * task.path.stat().st_size


def test_a_store_that_is_away_is_asked_now_and_then(task: Task) -> None:
    """And gets everything when it is back."""
    task.store.away = True
    task.write()
    with pytest.raises(ConnectionError):
        task.wait(FIRST_SECONDS)
    task.wait(AFTER_ERROR_SECONDS - 1)
    assert task.store.puts == 1
    task.store.away = False
    task.write()
    task.wait(2)
    assert task.store.read() == (LINE * 2, False)


def test_after_its_end_nothing_is_written(task: Task) -> None:
    """The complete log is not followed by a piece."""
    task.log.close()
    task.write()
    task.wait(60)
    assert task.store.puts == 0


def test_what_is_read_is_the_tasks_file_whatever_its_name_is_a_link_to(task: Task, tmp_path: Path) -> None:
    """The task's code may write where the log is: it gets no other file of the supervisor's into it."""
    other = tmp_path / "secret"
    other.write_bytes(b"secret\n")
    task.path.unlink()
    task.path.symlink_to(other)
    task.write()
    task.wait(10)
    assert task.store.read() == (LINE, False)


def test_a_deferred_task_goes_on_where_its_log_ended(task: Task) -> None:
    """Its first part is complete when it goes on, perhaps in another worker."""
    task.store.objects[KEY] = b"first\n"
    task.write()
    task.wait(10)
    assert task.store.read() == (b"first\n" + LINE, False)
    task.store.objects[KEY] = b"first\n" + LINE
    assert task.store.read() == (b"first\n" + LINE, True)


@pytest.mark.parametrize("cut", range(0, 7 * PIECE_BYTES, PIECE_BYTES // 3))
def test_a_reader_gets_every_byte_once(task: Task, cut: int) -> None:
    """However much of the complete log is there besides the pieces."""
    for number in range(6 * PIECE_BYTES // 1024):
        task.write(b"%1023d\n" % number)
        task.wait(4)
    whole = task.path.read_bytes()
    if cut:
        task.store.objects[KEY] = whole[:cut]
    assert task.store.read() == (whole, cut >= len(whole))


def test_an_object_is_of_one_log() -> None:
    """An attempt has logs of its triggers too; names that only look like pieces are logs."""
    trigger = f"{KEY}.trigger.7.log"
    sizes = {piece_key(trigger, 0): 1, piece_key(KEY, 5): 1, KEY: 5, f"{KEY}.from-x": 1}
    assert list(logs(sizes)) == [KEY, f"{KEY}.from-x", trigger]
    assert parted(piece_key(KEY, 5)) == (KEY, 5)
    assert parted(KEY) == (KEY, None)


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """No pauses: the thread is the real one."""
    for name in ("POLL_SECONDS", "FIRST_SECONDS", "YOUNG_GAP_SECONDS"):
        monkeypatch.setattr(running_logs, name, 0.01)


def until(met: Callable[[], object]) -> None:
    """Wait for a thread."""
    deadline = time.monotonic() + 20
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.usefixtures("fast")
def test_one_thread_writes_all_logs_and_ends_with_the_last(tmp_path: Path) -> None:
    """So that nothing of it is there when the next task's process is forked."""

    def threads() -> list[str]:
        return [one.name for one in threading.enumerate() if one.name == "running-logs"]

    store = Memory()
    running = RunningLogs(lambda: store)
    files = [(tmp_path / name).open("ab") for name in ("a", "b")]
    for file in files:
        file.write(LINE)
        file.flush()
        for _ in range(3):
            running.watch(f"logs/{Path(file.name).name}", file)
    assert threads() == ["running-logs"]
    until(lambda: len(store.objects) == 2)
    running.finish(files[0].name)
    files[1].close()
    until(lambda: not threads())
    assert store.read("logs/a") == store.read("logs/b") == (LINE, False)
    for file in files:
        file.close()


@pytest.mark.usefixtures("fast")
def test_the_tasks_own_process_writes_no_piece(tmp_path: Path) -> None:
    """It is forked from the supervisor, which may write one at that moment."""
    store = Memory()
    running = RunningLogs(lambda: store)
    with (tmp_path / "a").open("ab") as file:
        running.watch(KEY, file)
        if (child := os.fork()) == 0:
            os._exit(running.step())
        assert os.waitpid(child, 0)[1] == 0
        running.finish(file.name)


@pytest.mark.usefixtures("fast")
def test_a_log_goes_on_after_an_error(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it was; the service's own log says so once in a while."""
    store = Memory()
    store.away = True
    running = RunningLogs(lambda: store)
    with (tmp_path / "a").open("ab") as file:
        file.write(LINE)
        file.flush()
        running.watch(KEY, file)
        until(lambda: store.puts)
        assert running.step()
        running.finish(file.name)
    assert "no piece of the log" in caplog.text
