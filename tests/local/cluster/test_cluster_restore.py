"""Airflow comes back from a backup after a destroy, with the history that it had."""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, LiteralString

import pytest
from cryptography.fernet import Fernet, MultiFernet

from tests.local.cluster.running import RUN_SECONDS, STACK, STATE, Cluster, call

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="restore")]
CONNECTIONS = 1_000
RESTORE_SECONDS = 600
HISTORY: Mapping[str, LiteralString] = {
    "dag_run": "SELECT * FROM dag_run ORDER BY id",
    "task_instance": "SELECT * FROM task_instance ORDER BY id",
    "task_instance_history": "SELECT * FROM task_instance_history ORDER BY task_instance_id, try_number",
    "xcom": "SELECT * FROM xcom ORDER BY dag_run_id, task_id, map_index, key",
}
"""What is not written again without a new run."""


def history(cluster: Cluster) -> dict[str, list[tuple[Any, ...]]]:
    """Read every row of runs and task instances."""
    with cluster.connect() as connection:
        return {table: connection.execute(query).fetchall() for table, query in HISTORY.items()}


def passwords(cluster: Cluster) -> list[str]:
    """Decrypt the passwords of the connections with the key that the services have."""
    key = MultiFernet([Fernet(one) for one in cluster.secret("fernet-key").split(",")])
    query = "SELECT password FROM connection WHERE conn_id LIKE 'kept-%' ORDER BY conn_id"
    with cluster.connect() as connection:
        return [key.decrypt(token.encode()).decode() for (token,) in connection.execute(query)]


def command(cluster: Cluster, *words: str) -> str:
    """Run `airflow-ecs` on the stack."""
    program = str(Path(sys.executable).parent / "airflow-ecs")
    options = ("--stack", STACK, "--workspace", str(STATE / "workspace"))
    return call(program, *words, *options, environment=cluster.environment)


def test_a_destroyed_cluster_comes_back_with_its_history(cluster: Cluster) -> None:
    """Row by row, 1,000 connections decrypt, and Airflow runs a DAG."""
    run = cluster.api.run_dag("smoke", {}, RUN_SECONDS)["dag_run_id"]
    wanted = [f"secret {number:04}" for number in range(CONNECTIONS)]
    entities = [
        {"connection_id": f"kept-{number:04}", "conn_type": "generic", "password": password}
        for number, password in enumerate(wanted)
    ]
    cluster.api.call("PATCH", "/connections", {"actions": [{"action": "create", "entities": entities}]})
    before = history(cluster)
    assert run in str(before["dag_run"])
    assert passwords(cluster) == wanted
    lines = command(cluster, "backup", "--json")
    backup = json.loads(lines[lines.index("{") :])["name"]
    command(cluster, "destroy", "--confirm", STACK)
    began = time.monotonic()
    command(cluster, "restore", backup)
    seconds = time.monotonic() - began
    cluster.read()
    assert history(cluster) == before
    assert passwords(cluster) == wanted
    assert seconds < RESTORE_SECONDS
    assert cluster.api.run_dag("smoke", {}, RUN_SECONDS)["state"] == "success"
