"""Commands on a running cluster, as an operator starts them; their times are those of this machine.

Not proved: how long AWS takes to answer.
"""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from tests.local.cluster.running import PROJECT, STACK, STATE, Cluster, call

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="operations")]

OPTIONS = ("--stack", STACK, "--workspace", str(STATE / "workspace"), "--json")
STATUS_SECONDS = 1.5
FOLLOW_SECONDS = 3.0
WATCHED_SECONDS = 30.0


def command(*words: str) -> list[str]:
    """Give the command line of a verb."""
    return [sys.executable, "-m", "cli", *words, *OPTIONS]


def test_a_status_shows_what_aws_and_airflow_report_at_once(cluster: Cluster) -> None:
    """With the failed task's error and address; the fastest of five, since other tests may run too."""
    times: list[float] = []
    printed = ""
    for _ in range(5):
        began = time.monotonic()
        printed = call(*command("status"), environment=cluster.environment)
        times.append(time.monotonic() - began)
    print(f"status: {min(times):.2f} s, {max(times):.2f} s at most")  # noqa: T201 - a figure
    value = json.loads(printed)
    assert value["state"] == "healthy"
    assert value["airflow"]["error"] is None
    assert value["airflow"]["version"]
    assert {one["queue"] for one in value["airflow"]["queues"]} <= {"default"}
    for one in value["airflow"]["failed"]:
        assert one["url"].startswith(f"{cluster.outputs['url']}/dags/{one['dag_id']}/runs/")
    assert value["image_tag"]
    assert value["cost"] is None or value["cost"]["usd_per_day"] > 0
    assert min(times) <= STATUS_SECONDS


def test_a_line_that_is_written_is_followed(cluster: Cluster) -> None:
    """Every service writes now and then; each line shows soon after CloudWatch Logs' time of it."""
    ages: list[float] = []
    with subprocess.Popen(
        command("logs", "--follow", "--since", "0s"),
        cwd=PROJECT,
        env={**os.environ, **cluster.environment, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as follower:
        assert follower.stdout is not None
        began = time.monotonic()
        for line in follower.stdout:
            written = datetime.fromisoformat(json.loads(line)["time"])
            ages.append((datetime.now(UTC) - written).total_seconds())
            if time.monotonic() - began > WATCHED_SECONDS:
                break
        follower.terminate()
    print(f"logs --follow: {len(ages)} lines, {max(ages):.1f} s at most")  # noqa: T201 - a figure
    assert max(ages[1:]) <= FOLLOW_SECONDS
