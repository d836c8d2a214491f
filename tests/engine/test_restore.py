"""A stack comes back from a backup: after a destroy, in place, and from the last snapshot of its database.

The tests run in order and share the stack. The image only pretends to be Airflow: the rows are our own, and
`tests/local/cluster/test_cluster_restore.py` has Airflow's.
"""

import json
import re
import time
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet, MultiFernet
from pulumi import automation as auto

from tests.engine import commands
from tests.engine.bench import Bench
from tests.engine.changes import preview
from tests.engine.shipped import client, get, select

pytestmark = [pytest.mark.engine, pytest.mark.drill(name="restore")]
CONNECTIONS = 1_000
RUNS = [(number, f"run-{number}", "success") for number in range(100)]


@pytest.fixture(scope="module")
def stack(bench: Bench) -> auto.Stack:
    """Bring it up, and fill its database."""
    found = select(bench, "dev")
    found.up()
    key = _fernet(found)
    with _connect(bench, found) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE dag_run (id int, run_id text, state text)")
        cursor.execute("CREATE TABLE connection (id int, password text)")
        cursor.executemany("INSERT INTO dag_run VALUES (%s, %s, %s)", RUNS)
        cursor.executemany(
            "INSERT INTO connection VALUES (%s, %s)",
            [(number, key.encrypt(f"secret {number}".encode()).decode()) for number in range(CONNECTIONS)],
        )
    return found


@pytest.fixture(scope="module")
def backup(bench: Bench, stack: auto.Stack) -> str:
    """Take a backup; what comes after it is not in it."""
    done = commands.run(stack, "backup", "--json")
    assert done.returncode == 0, done.stderr
    with _connect(bench, stack) as connection:
        connection.execute("INSERT INTO dag_run VALUES (-1, 'after the backup', 'success')")
    return json.loads(done.stdout)["name"]


def test_a_destroyed_stack_comes_back(bench: Bench, stack: auto.Stack, backup: str) -> None:
    """With its rows and a key that decrypts them; afterwards a preview is empty."""
    destroyed = commands.run(stack, "destroy", "--confirm", "dev")
    assert destroyed.returncode == 0, destroyed.stderr
    began = time.monotonic()
    done = commands.run(stack, "restore", backup)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 600
    _check(bench, stack)
    assert get(stack.outputs()["url"].value)[1] == "good"
    assert preview(stack) == set()


def test_a_running_stack_goes_back(bench: Bench, stack: auto.Stack, backup: str) -> None:
    """Once that is confirmed; the address of its database stays, and the migration runs."""
    second = json.loads(commands.run(stack, "backup", "--json").stdout)["name"]
    with _connect(bench, stack) as connection:
        connection.execute("DROP TABLE dag_run")
    refused = commands.run(stack, "restore", second)
    assert refused.returncode == 2
    assert "Confirm with --allow-data-loss" in refused.stderr
    before = stack.outputs()["database_endpoint"].value
    done = commands.run(stack, "restore", second, "--allow-data-loss")
    assert done.returncode == 0, done.stderr
    assert "OneOffTask airflow-dev-migration" in done.stderr
    assert stack.outputs()["database_endpoint"].value == before
    _check(bench, stack)
    assert preview(stack) == set()
    assert second > backup


def test_a_last_snapshot_is_enough(bench: Bench, stack: auto.Stack) -> None:
    """With the key that can be brought back for a week."""
    stack = select(bench, "dev", discardData='"false"')
    # A new cluster, whose own key encrypts: the one of the backup stays where it is.
    commands.run(stack, "destroy", "--confirm", "dev")
    stack.up()
    key = _fernet(stack)
    with _connect(bench, stack) as connection:
        connection.execute("CREATE TABLE kept (token text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (key.encrypt(b"x").decode(),))
    destroyed = commands.run(stack, "destroy", "--confirm", "dev")
    assert destroyed.returncode == 0, destroyed.stderr
    (last,) = [
        one["DBSnapshotIdentifier"]
        for one in client("rds").describe_db_snapshots()["DBSnapshots"]
        if one["DBSnapshotIdentifier"].startswith("airflow-dev-database-final-")
    ]
    done = commands.run(stack, "restore", last)
    assert done.returncode == 0, done.stderr
    with _connect(bench, stack) as connection:
        found = connection.execute("SELECT token FROM kept").fetchone()
    assert found is not None
    assert _fernet(stack).decrypt(found[0]) == b"x"


def _check(bench: Bench, stack: auto.Stack) -> None:
    with _connect(bench, stack) as connection:
        assert connection.execute("SELECT * FROM dag_run ORDER BY id").fetchall() == RUNS
        tokens = connection.execute("SELECT id, password FROM connection ORDER BY id").fetchall()
    key = _fernet(stack)
    found = [key.decrypt(token).decode() for _, token in tokens]
    assert found == [f"secret {number}" for number in range(CONNECTIONS)]


def _fernet(stack: auto.Stack) -> MultiFernet:
    """Read the Fernet keys as the scheduler gets them."""
    ecs, outputs = client("ecs"), stack.outputs()
    service = ecs.describe_services(
        cluster=outputs["cluster_name"].value, services=[outputs["service_names"].value["scheduler"]]
    )["services"][0]
    definition: dict[str, Any] = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])[
        "taskDefinition"
    ]
    (container,) = [one for one in definition["containerDefinitions"] if one["name"] == "scheduler"]
    (arn,) = [one["valueFrom"] for one in container["secrets"] if one["name"] == "AIRFLOW__CORE__FERNET_KEY"]
    value = client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return MultiFernet([Fernet(one) for one in value.split(",")])


def _connect(bench: Bench, stack: auto.Stack) -> psycopg.Connection[Any]:
    """Connect to the database as its master user."""
    outputs = stack.outputs()
    host, _, port = outputs["database_endpoint"].value.partition(":")
    secret = client("secretsmanager").get_secret_value(
        SecretId=outputs["secret_arns"].value["database-master"]
    )
    login = json.loads(secret["SecretString"])
    hosts = (bench.home / "account" / "hosts").read_text()
    (address,) = re.findall(rf"^(\S+)\s+{re.escape(host)}$", hosts, re.MULTILINE)
    return psycopg.connect(
        host=host,
        hostaddr=address,
        port=int(port),
        user=login["username"],
        password=login["password"],
        dbname="airflow",
        sslmode="verify-full",
        sslrootcert=str(bench.home / "account" / "ca.pem"),
    )
