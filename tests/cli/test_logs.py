"""`airflow-ecs logs`: order, prefix, what is new.

Not proved: how fast AWS lets a line be read; the embedded account's tests show it for ours.
"""

import json
import signal
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from cli import logs
from cli.errors import UsageError
from cli.logs import Line
from tests.cli.deployed import GROUPS, Deployed
from tests.helpers.interrupts import interrupt_pauses


def _line(number: int, moment: int, service: str = "scheduler") -> Line:
    return Line(time=moment, service=service, task="t", message=f"line {number}", id=str(number))


@pytest.fixture
def written(stack: Deployed) -> Deployed:
    """A stack whose services wrote four lines in the last minute, and one a day ago."""
    client = stack.client("logs")
    now = int(1000 * time.time())
    wrote = {
        "api-server": [(now - 4000, "one"), (now - 1000, "four")],
        "execution-api": [(now - 3000, "two")],
        "scheduler": [(now - 2000, "three"), (now - 86_400_000, "old")],
    }
    for group in {*GROUPS.values()}:
        client.create_log_group(logGroupName=group)
    for service, events in wrote.items():
        stream = f"{service}/{service}/task-of-{service}"
        client.create_log_stream(logGroupName=GROUPS[service], logStreamName=stream)
        client.put_log_events(
            logGroupName=GROUPS[service],
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": f"{message}\n"} for at, message in sorted(events)],
        )
    return stack


def test_lines_are_in_order_of_time_with_their_service(written: Deployed) -> None:
    """Of all services, those that share a log group too; as old as wanted."""
    done = written.run("logs")
    assert done.code == 0, done.err
    shown = [line.split()[1:] for line in done.out.splitlines()]
    assert shown == [
        ["api-server", "one"],
        ["execution-api", "two"],
        ["scheduler", "three"],
        ["api-server", "four"],
    ]
    assert "old" in written.run("logs", "--since", "2d").out


def test_the_lines_of_one_service(written: Deployed) -> None:
    """Not of the others in its task; as JSON, an object per line."""
    done = written.run("logs", "api-server", "--json")
    found = [json.loads(line) for line in done.out.splitlines()]
    assert [one["message"] for one in found] == ["one", "four"]
    assert {(one["service"], one["task"]) for one in found} == {("api-server", "task-of-api-server")}


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (
            ["nobody"],
            "stack dev has no service nobody: it has api-server, execution-api, migration, scheduler",
        ),
        (["--since", "10"], "--since must be a number and s, m, h or d, such as 10m; got 10"),
    ],
    ids=lambda value: value[0],
)
def test_what_is_not_there_is_one_line(stack: Deployed, words: list[str], error: str) -> None:
    """With what there is."""
    done = stack.run("logs", *words)
    assert (done.code, done.err) == (2, f"{error}\n")


def test_a_duration_has_a_unit() -> None:
    """Of four."""
    assert [logs.seconds(one) for one in ("5s", "10m", "2h", "1d")] == [5, 600, 7200, 86400]
    with pytest.raises(UsageError, match="got -1m"):
        logs.seconds("-1m")


def test_each_line_is_followed_once() -> None:
    """One that CloudWatch Logs has later than a newer one too, and none twice."""
    first, newer, late = _line(1, 100_000), _line(2, 140_000), _line(3, 120_000)
    answers = [[first], [first, newer], [late, newer], [newer]]
    asked: list[int] = []

    def read(start: int) -> Iterator[Line]:
        asked.append(start)
        return (line for line in answers[len(asked) - 1] if line.time >= start)

    followed = logs.follow(read, 90_000, lambda: None)
    assert [*islice(followed, 3)] == [first, newer, late]
    assert asked == [90_000, 90_000, 110_000]
    with pytest.raises(IndexError):  # nothing new: it looks until there are no more answers
        next(followed)


def test_many_log_groups_are_read_less_often() -> None:
    """So that the account's quota of calls is kept: five a second."""
    groups = {str(number): str(number) for number in range(10)}
    cluster: Any = type("Cluster", (), {"log_groups": groups})
    assert logs.pause_seconds(cluster, "") == 2.5
    assert logs.pause_seconds(cluster, "1") == 1


def test_ctrl_c_ends_it_without_a_traceback(written: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """As SIGTERM does; the exit code is a shell's."""
    for number in (signal.SIGINT, signal.SIGTERM):
        with monkeypatch.context() as patch:
            interrupt_pauses(patch, number)
            done = written.run("logs", "--follow")
        assert (done.code, done.err) == (130, "")
        assert len(done.out.splitlines()) == 4
