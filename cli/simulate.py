"""A load on a worker group, replayed: what was waited for, how many workers ran, what they cost."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from cli.errors import UsageError
from cli.markdown import usd
from cli.stack import Stack
from cli.workspace import project_name
from components.model.pricing import prices
from components.model.settings.configuration import of_project, parse
from components.model.settings.errors import SettingsError, stack_key
from components.model.simulation import loads
from components.model.simulation.delays import Delays
from components.model.simulation.groups import PricedGroup, scaled_groups
from components.model.simulation.loads import Load, LoadError
from components.model.simulation.simulation import Simulation

PERCENTILES: Final = {"p50": 50, "p95": 95, "longest": 100}


def group_of(stack: Stack, name: str) -> PricedGroup:
    """Find a worker group of a stack's configuration by its name.

    Raises:
        UsageError: settings are wrong, or no such group is scaled.
    """
    try:
        settings = parse(of_project(project_name(stack.workspace), stack.configuration))
    except SettingsError as error:
        lines = "; ".join(one.render(stack_key) for one in error.errors)
        raise UsageError(f"stack {stack.name} cannot be simulated with these settings: {lines}") from None
    found = scaled_groups(settings, prices.REGIONS.get(stack.configuration.get("aws:region", "")))
    if name not in found:
        known = f"of those that are, there are {', '.join(found)}" if found else "none is"
        raise UsageError(
            f"stack {stack.name} has no worker group {name} that is scaled; {known}. Set maximumCount of a "
            "group in workerGroups"
        )
    return found[name]


def load_of(name: str, seed: int) -> Load:
    """Draw a generated load, or read a recorded one.

    Args:
        name: of a shape, or of a CSV file.
        seed: of a shape.

    Raises:
        UsageError: it is neither, or the file cannot be read.
    """
    if name in loads.SHAPES:
        return loads.generated(name, seed)
    file = Path(name)
    if not file.is_file():
        raise UsageError(
            f"--load {name}: there is no such file. Give a CSV file, or one of {', '.join(loads.SHAPES)}"
        )
    try:
        with file.open(newline="") as lines:
            return loads.recorded(lines)
    except (LoadError, UnicodeDecodeError) as error:
        raise UsageError(f"--load {name}: {error}") from None


def replay(group: PricedGroup, load: Load, image_mb: float) -> dict[str, Any]:
    """Simulate a load; give the findings as plain values: times in seconds, costs in USD."""
    result = Simulation(group, load, Delays.of_image(image_mb)).run()
    hours, price = result.worker_seconds / 3600, group.worker_hour_usd
    return {
        "tasks": len(load),
        "wait_seconds": {name: result.wait(percent) for name, percent in PERCENTILES.items()},
        "most_workers": result.most_workers,
        "scale_outs": result.starts,
        "worker_hours": hours,
        "busy_share": result.busy(group.concurrency),
        "usd": None if price is None else hours * price,
    }


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """Write the findings for people."""
    waits = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in found["wait_seconds"].items())
    cost = "no price is known for this region" if found["usd"] is None else usd(found["usd"])
    yield f"{'tasks':14}{found['tasks']}"
    yield f"{'wait':14}{waits}"
    yield f"{'workers':14}{found['most_workers']} at most, {found['scale_outs']} scale-outs"
    yield f"{'worker-hours':14}{found['worker_hours']:.1f}, of which tasks used {found['busy_share']:.0%}"
    yield f"{'cost':14}{cost}"
