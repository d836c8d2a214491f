"""Loads: when tasks are queued, and how long each runs. Generated ones, and how a recorded one is read."""

import csv
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

DAY_SECONDS: Final = 24 * 3600
HOUR_SECONDS: Final = 3600
MAX_TASKS: Final = 1_000_000
COLUMNS: Final = ("queued_dttm", "start_date", "end_date")
"""Of a recorded load."""


class LoadError(ValueError):
    """A recorded load that cannot be read: which line, and why."""


@dataclass(frozen=True, order=True)
class Task:
    """A task of a load.

    Attributes:
        queued: when it is queued, seconds after the load's begin.
        seconds: how long it runs.
    """

    queued: float
    seconds: float


Load = Sequence[Task]


def nightly(draw: random.Random) -> Load:
    """Three pipelines of stages between one and three at night, each stage as wide as a fan-out."""
    tasks: list[Task] = []
    for _ in range(3):
        begin = draw.uniform(HOUR_SECONDS, 3 * HOUR_SECONDS)
        for _ in range(draw.randint(4, 8)):
            stage = _parallel(draw, begin, draw.randint(1, 40), mean_seconds=180)
            tasks += stage
            begin = max(one.queued + one.seconds for one in stage)
    return sorted(tasks)


def hourly(draw: random.Random) -> Load:
    """Every hour a pipeline of five stages of up to eight tasks of a minute."""
    tasks: list[Task] = []
    for hour in range(24):
        begin = hour * HOUR_SECONDS + draw.uniform(0, 30)
        for _ in range(5):
            stage = _parallel(draw, begin, draw.randint(1, 8), mean_seconds=60)
            tasks += stage
            begin = max(one.queued + one.seconds for one in stage)
    return sorted(tasks)


def steady(draw: random.Random) -> Load:
    """Tasks of two minutes that arrive by chance all day, most of them around noon."""
    tasks: list[Task] = []
    now = 0.0
    while True:
        busy = 1 - abs(now / (DAY_SECONDS / 2) - 1)
        now += draw.expovariate((0.2 + busy) / 30)
        if now >= DAY_SECONDS:
            return tasks
        tasks.append(Task(now, _seconds(draw, 120)))


def bursts(draw: random.Random) -> Load:
    """Ten times a day, at any time, up to 300 short tasks at once."""
    moments = sorted(draw.uniform(0, DAY_SECONDS) for _ in range(10))
    return sorted(
        task for moment in moments for task in _parallel(draw, moment, draw.randint(20, 300), mean_seconds=45)
    )


def sparse(draw: random.Random) -> Load:
    """A few single tasks a day, hours apart."""
    return sorted(Task(draw.uniform(0, DAY_SECONDS), _seconds(draw, 600)) for _ in range(draw.randint(3, 8)))


SHAPES: Final[Mapping[str, Callable[[random.Random], Load]]] = {
    "nightly": nightly,
    "hourly": hourly,
    "steady": steady,
    "bursts": bursts,
    "sparse": sparse,
}
"""Generated loads of 24 hours, by name."""


def generated(shape: str, seed: int) -> Load:
    """Draw a load of a shape; the same one for the same seed."""
    return SHAPES[shape](random.Random(f"{shape} {seed}"))  # noqa: S311 - a load, no secret


def recorded(lines: Iterable[str]) -> Load:
    """Read a load from CSV with some columns of Airflow's table `task_instance`: `COLUMNS`, and perhaps more.

    Raises:
        LoadError: a column is missing, a line is no task, or there is none.
    """
    rows = csv.DictReader(lines)
    if missing := sorted({*COLUMNS} - {*(rows.fieldnames or COLUMNS)}):
        raise LoadError(f"line 1: column {', '.join(missing)} is missing")
    tasks = [_read(rows.line_num, row) for row in rows]
    if not tasks:
        raise LoadError("no task in it")
    if len(tasks) > MAX_TASKS:
        raise LoadError(f"{len(tasks)} tasks in it, {MAX_TASKS} at most. Take a shorter time")
    begin = min(task.queued for task in tasks)
    return sorted(Task(task.queued - begin, task.seconds) for task in tasks)


def _read(line: int, row: Mapping[str, str | None]) -> Task:
    try:
        queued, start, end = (_moment(row[column] or "") for column in COLUMNS)
    except ValueError as error:
        raise LoadError(f"line {line}: {error}") from None
    if start < queued:
        raise LoadError(f"line {line}: it starts before it is queued")
    if end < start:
        raise LoadError(f"line {line}: it ends before it starts")
    return Task(queued, end - start)


def _moment(text: str) -> float:
    """Read a time as PostgreSQL or Airflow writes it, in UTC where it names no zone."""
    read = datetime.fromisoformat(text)
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _parallel(draw: random.Random, begin: float, count: int, *, mean_seconds: float) -> list[Task]:
    """Queue tasks within two seconds: the scheduler needs some loops for them."""
    return [Task(begin + draw.uniform(0, 2), _seconds(draw, mean_seconds)) for _ in range(count)]


def _seconds(draw: random.Random, mean: float) -> float:
    """Draw a duration: most tasks are shorter than the mean, some much longer."""
    return draw.lognormvariate(0, 0.8) * mean / 1.377
