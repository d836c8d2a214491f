"""docs/simulation.md: what autoscaling does with five kinds of load, and from which figures that follows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cli.markdown import table, usd
from components.model.pricing import fargate_tasks, prices
from components.model.services.scaling import Scaling
from components.model.simulation import loads
from components.model.simulation.delays import PULL_MB_PER_SECOND, PULL_SOURCE, READ, TABLE, Delays
from components.model.simulation.result import Moment, Result
from components.model.simulation.simulation import Group, Simulation

IMAGE_MB: Final = 400
"""About the compressed size of the image as shipped: docs/image.md."""
SMALLER_IMAGE_MB: Final = 200
CPU_UNITS, MEMORY_MIB, CONCURRENCY = 1024, 4096, 8
MAXIMUM: Final = 20
MINIMUMS: Final = (0, 1)
SEEDS: Final = range(1, 7)
PLOTTED_SEED: Final = 1
POINTS: Final = 96
"""Points of a plot: one per quarter of an hour."""

HEAD: Final = f"""\
# What autoscaling does with a load

A simulator replays a day's tasks on a worker group that is [scaled](workers.md#autoscaling): the metric, the
alarms and the steps are those that the program deploys, and the delays of AWS stand in the table below.
**None of it was measured on AWS.** `airflow-ecs simulate GROUP --stack NAME` does the same with your group,
and with your tasks from a CSV file. `make docs` generates this page, and a test compares it with the
simulator.

Here: workers of {CPU_UNITS // 1024} vCPU and {MEMORY_MIB // 1024} GB that run {CONCURRENCY} tasks at once,
between `minimumCount` and {MAXIMUM} of them; an image of {IMAGE_MB} MB; {len(SEEDS)} days of each load. A
task waits from when it is queued until a worker takes it."""

SHAPES: Final = {
    "nightly": "three pipelines with fan-outs of up to 40 tasks of three minutes, at night",
    "hourly": "every hour a pipeline of five stages, up to eight tasks of a minute each",
    "steady": "tasks of two minutes all day, most of them around noon",
    "bursts": "ten times a day 20 to 300 tasks of 45 s at once",
    "sparse": "three to eight tasks of ten minutes a day",
}


@dataclass(frozen=True)
class Days:
    """Several days of a load, and what a simulation found of each."""

    results: Sequence[Result]

    def wait(self, percent: float) -> float:
        """Give the time that so many percent of all tasks waited at most."""
        waits = [wait for one in self.results for wait in one.waits]
        together = Result(waits=waits, moments=(), worker_seconds=0, task_seconds=0, seconds=0)
        return together.wait(percent)

    @property
    def worker_hours(self) -> float:
        """Of a day."""
        return sum(one.worker_seconds for one in self.results) / 3600 / len(self.results)

    @property
    def tasks(self) -> int:
        """Of all days."""
        return sum(len(one.waits) for one in self.results)

    @property
    def busy(self) -> float:
        """Share of the billed slots that ran a task."""
        slots = sum(one.worker_seconds for one in self.results) * CONCURRENCY
        return sum(one.task_seconds for one in self.results) / slots


def page() -> str:
    """Write the page."""
    return "\n\n".join([HEAD, _results(), _prices(), *_plots(), _delays()]) + "\n"


def days(shape: str, minimum: int) -> Days:
    """Simulate the days of a load."""
    return Days([_simulated(shape, minimum, seed) for seed in SEEDS])


def _simulated(shape: str, minimum: int, seed: int) -> Result:
    group = Group(scaling=Scaling(minimum=minimum, maximum=MAXIMUM), concurrency=CONCURRENCY)
    return Simulation(group, loads.generated(shape, seed), Delays.of_image(IMAGE_MB)).run()


def _results() -> str:
    head = (
        *("load", "`minimumCount`", "tasks", "wait p50", "p95", "longest", "most workers"),
        *("worker-hours a day", "slots in use", "a day on demand", "a day on Spot, ARM64"),
    )
    return table(head, [_row(shape, minimum) for shape in SHAPES for minimum in MINIMUMS])


def _row(shape: str, minimum: int) -> tuple[str, ...]:
    found = days(shape, minimum)
    waits = [f"{found.wait(percent):.0f} s" for percent in (50, 95, 100)]
    return (
        f"{shape}: {SHAPES[shape]}" if minimum == MINIMUMS[0] else shape,
        str(minimum),
        f"{found.tasks:,}",
        *waits,
        str(max(one.most_workers for one in found.results)),
        f"{found.worker_hours:.1f}",
        f"{found.busy:.0%}",
        usd(found.worker_hours * worker_hour(arm=False, spot=0)),
        usd(found.worker_hours * worker_hour(arm=True, spot=1)),
    )


def worker_hour(*, arm: bool, spot: float) -> float:
    """Price an hour of a worker of the page, USD, in us-east-1."""
    return fargate_tasks.task_hour(
        prices.US_EAST_1, cpu_units=CPU_UNITS, memory_mib=MEMORY_MIB, arm=arm, spot=spot
    )


def _prices() -> str:
    demand, spot = worker_hour(arm=False, spot=0), worker_hour(arm=True, spot=1)
    start, smaller = Delays.of_image(IMAGE_MB).worker, Delays.of_image(SMALLER_IMAGE_MB).worker
    return f"""\
A worker-hour costs ${demand:.4f} on demand and ${spot:.4f} on Spot with ARM64, in us-east-1, and a slot-hour
${demand / CONCURRENCY:.4f} and ${spot / CONCURRENCY:.4f}; Spot's price moves. Metric, alarms and requests
come on top: [cost.md](cost.md#autoscaling).

From zero, a first task waits for the metric and the alarm, each up to {TABLE["publish"].seconds:.0f} s, and
{start:.0f} s for the worker; with an image of {SMALLER_IMAGE_MB} MB, {smaller:.0f} s."""


def _plots() -> Iterator[str]:
    yield "## Workers over the day"
    yield "Workers that take tasks with `minimumCount: 0`; each bar is the most of a quarter of an hour."
    for shape in SHAPES:
        moments = _simulated(shape, 0, PLOTTED_SEED).moments
        workers = _quarters(moments)
        yield (
            f'```mermaid\nxychart-beta\n    title "{shape}"\n    x-axis "hour" 0 --> 24\n'
            f'    y-axis "workers" 0 --> {max(4, *workers)}\n    bar [{", ".join(map(str, workers))}]\n```'
        )


def _quarters(moments: Sequence[Moment]) -> list[int]:
    most = [0] * POINTS
    for moment in moments:
        quarter = int(moment.seconds * POINTS / loads.DAY_SECONDS)
        if quarter < POINTS:
            most[quarter] = max(most[quarter], moment.running)
    return most


def _delays() -> str:
    rows = [(name, f"{one.seconds:g} s", one.what, _link(one.source)) for name, one in TABLE.items()]
    pull = (
        "pull",
        f"{PULL_MB_PER_SECOND:g} MB/s",
        "compressed size of the image; ten starts with 413 MB took 57 s on average",
        _link(PULL_SOURCE),
    )
    return f"## Delays\n\nRead on {READ}.\n\n" + table(("delay", "", "what", "source"), [*rows, pull])


def _link(source: str) -> str:
    name = source.rstrip("/").rpartition("/")[2]
    return f"[{name}]({source})" if source.startswith("https:") else f"[{name}](../{source})"
