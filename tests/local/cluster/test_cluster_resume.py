"""A cluster comes back after `make stop` and after a restart of the machine."""

import os
import signal
import time
from typing import Any
from urllib.parse import quote

import pytest

from tests.helpers.polling import wait_for
from tests.local.cluster.running import ACCOUNT, RUN_SECONDS, Cluster, call

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="resume")]


def history(cluster: Cluster, run: str) -> dict[str, Any]:
    """Return what Airflow has of a run in its database, and of its task in the logs bucket."""
    path = f"/dags/smoke/dagRuns/{quote(run, safe='')}"
    log = cluster.api.call("GET", f"{path}/taskInstances/write/logs/1?full_content=true")
    return {
        "run": cluster.api.call("GET", path)["state"],
        "log": "smoke: wrote s3://" in str(log),
        "outputs": cluster.outputs,
        "password": cluster.secret("admin-password"),
    }


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_cluster_comes_back_with_its_history(cluster: Cluster, how: str) -> None:
    """The same URL, secrets, runs and logs, and an `up` that changes nothing of them."""
    run = cluster.api.run_dag("smoke", {}, RUN_SECONDS)["dag_run_id"]
    before = history(cluster, run)
    assert before["run"] == "success"
    assert before["log"]
    if how == "stop":
        call("python3", "-m", "local", "stop")
    else:
        since = time.time()
        bucket = cluster.outputs["data_bucket"]
        cluster.client("s3").put_object(Bucket=bucket, Key="resume", Body=b"changed")
        wait_for("a saved state", lambda: (ACCOUNT / "state").stat().st_mtime > since)
        os.kill(int((ACCOUNT / "account.pid").read_text()), signal.SIGKILL)
    cluster.up("LocalExecutor")
    assert history(cluster, run) == before
    assert "resuming the cluster that was here before" in cluster.log
