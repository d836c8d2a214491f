"""`airflow-ecs simulate`, and the page of its findings.

Not proved: that a load does on AWS what the simulator says.
"""

import json
from pathlib import Path

import pytest

from cli.pages import simulation_page
from tests.cli import pulumi
from tests.cli.deployed import Deployed

ROOT = Path(__file__).resolve().parents[2]
GROUPS = [
    {"name": "small", "queues": ["default"], "maximumCount": 10, "cpuUnits": 1024, "memoryMib": 4096},
    {"name": "fixed", "queues": ["large"], "count": 2},
]


@pytest.fixture(autouse=True)
def _scaled(stack: Deployed) -> None:
    """Let it have a scaled group, in a region with prices."""
    configure(stack)


def configure(stack: Deployed, region: str = "us-east-1", **more: str) -> None:
    """Give it settings."""
    values = {"executor": "CeleryExecutor", "workerGroups": json.dumps(GROUPS), **more}
    configuration = {"aws:region": region} | {f"airflow-ecs:{key}": text for key, text in values.items()}
    pulumi.install(stack.folder / "bin", outputs=stack.outputs, configuration=configuration)


def test_the_findings_of_a_generated_load(stack: Deployed) -> None:
    """For people and as JSON; AWS is not asked."""
    found = stack.json("simulate", "small", "--load", "bursts")
    assert found["wait_seconds"]["p50"] <= found["wait_seconds"]["p95"] <= found["wait_seconds"]["longest"]
    assert found["most_workers"] == 10
    assert found["usd"] == pytest.approx(found["worker_hours"] * 0.0583, rel=0.01)
    done = stack.run("simulate", "small", "--load", "bursts")
    assert f"{found['worker_hours']:.1f}, of which tasks used" in done.out
    assert stack.calls == set()


def test_the_findings_of_a_recorded_load(stack: Deployed, tmp_path: Path) -> None:
    """One task, which waits for the first worker."""
    file = tmp_path / "load.csv"
    file.write_text("queued_dttm,start_date,end_date\n2026-11-01,2026-11-01,2026-11-01 00:01:00\n")
    found = stack.json("simulate", "small", "--load", str(file))
    assert (found["tasks"], found["most_workers"], found["scale_outs"]) == (1, 1, 1)
    assert 60 < found["wait_seconds"]["longest"] < 90


def test_a_region_without_prices(stack: Deployed) -> None:
    """No amount is made up."""
    configure(stack, "eu-north-1")
    assert stack.json("simulate", "small")["usd"] is None
    assert "no price is known for this region" in stack.run("simulate", "small").out


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("fixed",), "no worker group fixed that is scaled; of those that are, there are small"),
        (
            ("small", "--load", "weekly"),
            "--load weekly: there is no such file. Give a CSV file, or one of nightly",
        ),
        (("small", "--image-mb", "0"), "--image-mb"),
    ],
)
def test_what_cannot_be_simulated(stack: Deployed, words: tuple[str, ...], why: str) -> None:
    """One line, exit code 2."""
    done = stack.run("simulate", *words)
    assert done.code == 2
    assert why in done.err
    assert "Traceback" not in done.err


def test_settings_that_are_wrong(stack: Deployed) -> None:
    """Named by their keys."""
    configure(stack, airflowVersion="x")
    done = stack.run("simulate", "small")
    assert done.code == 2
    assert "airflowVersion" in done.err


def test_the_page_is_what_the_simulator_finds() -> None:
    """`make docs` writes it."""
    assert (ROOT / "docs/simulation.md").read_text() == simulation_page.page()


def test_what_the_page_shows_of_the_goals() -> None:
    """A slot-hour on Spot with ARM64 of half a GB and an eighth of a vCPU costs at most $0.0020."""
    assert simulation_page.MEMORY_MIB / simulation_page.CONCURRENCY >= 512
    assert simulation_page.CPU_UNITS / simulation_page.CONCURRENCY >= 128
    assert simulation_page.worker_hour(arm=True, spot=1) / simulation_page.CONCURRENCY <= 0.0020
    for shape in simulation_page.SHAPES:
        assert simulation_page.days(shape, 0).wait(100) < 600
