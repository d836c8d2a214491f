"""`make up`, as a user meets it: Airflow runs a real pipeline, and goes on running.

Nothing is replaced: PostgreSQL, Airflow, load balancer and browser are real, the AWS API is `embedded_aws`.
"""

import json
import os
import signal
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from cli.pages.browser import signed_in
from tests.dags import interpreters, samples
from tests.helpers import processes
from tests.helpers.polling import wait_for
from tests.local.cluster.running import ACCOUNT, PIPELINE, Cluster

pytestmark = pytest.mark.cluster

KILLED = 128 + signal.SIGKILL
COUNT = """
import json, pathlib, sys
import pyarrow.parquet as pq
from vega_datasets import local_data
source = local_data.stocks()
grouped = source.groupby(["symbol", source["date"].dt.year]).size()
folder = pathlib.Path(sys.argv[1])
print(json.dumps({
    "source": {f"symbol={symbol}/year={year}": int(rows) for (symbol, year), rows in grouped.items()},
    "written": {str(file.parent.relative_to(folder)): pq.read_metadata(file).num_rows
                for file in folder.rglob("*.parquet")},
}))
"""
"""Counts rows with the pipeline's own libraries, which the tests' environment has not."""


@pytest.fixture(scope="module")
def pipeline_python() -> Path:
    """The interpreter with the libraries of the pipeline."""
    return interpreters.pipeline(print)


@pytest.fixture(scope="module")
def good_run(cluster: Cluster) -> dict[str, Any]:
    """A run of the pipeline on the prices that ship in a package."""
    return cluster.run_dag(PIPELINE)


def test_browser_sees_the_pipeline_succeed(cluster: Cluster, good_run: dict[str, Any]) -> None:
    """With nothing but the URL, the admin's name and the generated password."""
    run_id, url = good_run["dag_run_id"], cluster.outputs["url"]
    with signed_in(url, "admin", cluster.secret("admin-password")) as page:
        page.goto(f"{url}/dags/{PIPELINE}/runs/{quote(run_id, safe='')}")
        expect(page.get_by_role("heading", name=run_id)).to_be_visible()
        expect(page.get_by_text("Success", exact=True)).to_have_count(1 + len(good_run["tasks"]))


def test_every_price_is_in_the_bucket(
    cluster: Cluster, good_run: dict[str, Any], pipeline_python: Path, tmp_path: Path
) -> None:
    """As many rows for each symbol and year as the source has; the manifest says the same."""
    assert good_run["state"] == "success"
    s3, bucket = cluster.client("s3"), cluster.outputs["data_bucket"]
    manifest = json.load(s3.get_object(Bucket=bucket, Key="nasdaq/manifest.json")["Body"])
    for file in manifest["files"]:
        target = tmp_path / file["key"].removeprefix(manifest["prefix"])
        target.parent.mkdir(parents=True)
        s3.download_file(bucket, file["key"], str(target))
    counted = json.loads(subprocess.check_output([pipeline_python, "-c", COUNT, tmp_path]))
    assert counted["written"] == counted["source"]
    assert sum(counted["written"].values()) == manifest["rows"] == 560


def test_bad_price_stops_the_run(cluster: Cluster, good_run: dict[str, Any], pipeline_python: Path) -> None:
    """A negative price in a CSV of one's own: the log names the expectation, nothing is written."""
    assert good_run["state"] == "success"
    s3, bucket = cluster.client("s3"), cluster.outputs["data_bucket"]
    row, _ = samples.ERRORS["negative-price"]
    body = samples.faulty(samples.packaged(pipeline_python), row)
    s3.put_object(Bucket=bucket, Key="incoming/bad.csv", Body=body.encode())
    run = cluster.run_dag(PIPELINE, source_uri=f"s3://{bucket}/incoming/bad.csv")
    assert {name: task["state"] for name, task in run["tasks"].items()} == {
        "validate_prices": "success",
        "refuse_bad_prices": "failed",
        "write_parquet": "upstream_failed",
    }
    assert f"{samples.BETWEEN} (price)" in cluster.task_log(run, "refuse_bad_prices")
    # The schedule's own run may have written before: only one runs at a time.
    began = datetime.fromisoformat(run["tasks"]["validate_prices"]["start_date"])
    written = s3.list_objects_v2(Bucket=bucket, Prefix="nasdaq/")["Contents"]
    assert [entry["Key"] for entry in written if entry["LastModified"] >= began] == []


def test_task_log_outlives_the_container(cluster: Cluster, good_run: dict[str, Any]) -> None:
    """It is in the bucket, under the stack's own name, and Airflow shows it from there."""
    assert "560 rows in" in cluster.task_log(good_run, "write_parquet")  # waits until it is there
    run = f"dag_id={PIPELINE}/run_id={good_run['dag_run_id']}"
    key = f"airflow-local/tasks/{run}/task_id=write_parquet/attempt=1.log"
    body = cluster.client("s3").get_object(Bucket=cluster.outputs["logs_bucket"], Key=key)["Body"]
    assert "560 rows in" in body.read().decode()


def test_a_task_writes_its_log_while_it_runs(cluster: Cluster, good_run: dict[str, Any]) -> None:
    """With no more than its role may; `tests/image/test_task_logs.py` has what Airflow shows of it."""
    prefix = f"airflow-local/tasks/dag_id={PIPELINE}/run_id={good_run['dag_run_id']}/"
    found = cluster.client("s3").list_objects_v2(Bucket=cluster.outputs["logs_bucket"], Prefix=prefix)
    assert [one["Key"] for one in found["Contents"] if ".from-" in one["Key"]]


def test_killed_process_is_replaced(cluster: Cluster) -> None:
    """SIGKILL, as the kernel sends when memory runs out: ECS says so, and starts another task."""
    name = cluster.outputs["service_names"]["dag-processor"]
    (before,) = cluster.tasks(serviceName=name)
    account = int((ACCOUNT / "account.pid").read_text())
    lines = {pid: processes.command_line(pid) for pid in processes.descendants(account)}
    (victim,) = [pid for pid, line in lines.items() if line.endswith("bin/airflow dag-processor ")]
    os.kill(victim, signal.SIGKILL)

    def replaced() -> bool:
        running = [task for task in cluster.tasks(serviceName=name) if task["taskArn"] != before["taskArn"]]
        return [task["healthStatus"] for task in running] == ["HEALTHY"]

    wait_for("another dag-processor is healthy", replaced)
    ended = {task["taskArn"]: task for task in cluster.tasks(serviceName=name, desiredStatus="STOPPED")}
    assert ended[before["taskArn"]]["containers"][0]["exitCode"] == KILLED


def test_second_up_changes_nothing(cluster: Cluster) -> None:
    """No task is replaced and no migration runs: whoever repeats `make up` loses nothing."""

    def tasks() -> set[str]:
        found = cluster.tasks(family="airflow-local-migration", desiredStatus="STOPPED")
        assert found
        for name in cluster.outputs["service_names"].values():
            found += cluster.tasks(serviceName=name)
        return {task["taskArn"] for task in found}

    cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")
    before = tasks()
    cluster.up("LocalExecutor")
    assert tasks() == before
