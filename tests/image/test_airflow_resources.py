"""Connections, variables and pools of a file, by the image's real migration on a real PostgreSQL.

S3 and Secrets Manager are moto's: that the migration's role may read them, it does not prove.
"""

import json
from typing import Any

import pytest

from airflow_ecs_image import airflow_resources
from airflow_ecs_image.errors import PermanentError
from tests.image.account import WHOLE, Account
from tests.image.cluster import COMMANDS, Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

FILE = """
connections:
  warehouse:
    conn_type: postgres
    host: warehouse.example.com
    login: loader
    password: {secret_arn: ARN, key: password}
    port: 5439
    extra: {sslmode: verify-full, options: {private_key: {secret_arn: ARN, key: pem}}}
  lake: aws://?region_name=eu-west-1
  whole: {secret_arn: WHOLE}
variables:
  stage: production
  limits: {retries: 3, hosts: [a, b]}
  since: {value: 2024-01-01, description: first day}
  token: {secret_arn: WHOLE}
pools:
  warehouse: {slots: 4, description: at most four at once}
  backfill: {slots: -1, include_deferred: true}
"""
KINDS = ("connections", "variables", "pools")
EXPORT = f"""
from airflow.cli.cli_parser import get_parser
for kind in {KINDS}:
    arguments = get_parser().parse_args([kind, "export", f"/opt/airflow/run/{{kind}}.json"])
    arguments.func(arguments)
"""
"""`airflow KIND export` for each kind, in one process."""


def migrate(cluster: Cluster, environment: dict[str, str]) -> RunningService:
    """Run the migration to its end."""
    service = cluster.service("migration", environment)
    service.run(*COMMANDS["migration"])
    return service


def held(cluster: Cluster) -> dict[str, Any]:
    """What Airflow's own commands tell of all three kinds, decrypted."""
    service = cluster.service("migration", {"AIRFLOW_ECS_SERVICE": "task"})
    assert service.run("python", "-c", EXPORT) == 0, service.text()
    return {
        kind: json.loads((service.folder / "run" / kind).with_suffix(".json").read_text()) for kind in KINDS
    }


def test_the_file_is_applied_again_and_again(cluster: Cluster, account: Account) -> None:
    """Made, the same after a second time, changed, and gone when named no more: Airflow's exports tell."""
    before = held(cluster)
    first = migrate(cluster, account.put(FILE))
    assert first.last_line() == "migrate: done", first.text()
    assert "3 connections, 4 variables, 2 pools match the file; made: connections.lake" in first.text()
    assert "hunter2" not in first.text()
    assert "p%40ss" not in first.text()
    found = held(cluster)
    warehouse = found["connections"]["warehouse"]
    assert {**warehouse, "extra": json.loads(warehouse["extra"])} == {
        "conn_type": "postgres",
        "description": None,
        "extra": {"options": {"private_key": "-----KEY-----"}, "sslmode": "verify-full"},
        "host": "warehouse.example.com",
        "login": "loader",
        "password": "hunter2/@:",
        "port": 5439,
        "schema": None,
    }
    whole = found["connections"]["whole"]
    assert (whole["conn_type"], whole["password"], whole["port"]) == ("http", "p@ss", 8443)
    assert json.loads(found["connections"]["lake"]["extra"]) == {"region_name": "eu-west-1"}
    assert found["variables"] == {
        "limits": {"hosts": ["a", "b"], "retries": 3},
        "since": {"description": "first day", "value": "2024-01-01"},
        "stage": "production",
        "token": WHOLE,
    }
    assert found["pools"]["warehouse"]["slots"] == 4
    assert found["pools"]["backfill"] == {"description": "", "include_deferred": True, "slots": -1}

    again = migrate(cluster, account.put(FILE))
    assert "made: nothing; deleted: nothing" in again.text(), again.text()
    assert held(cluster) == found

    less = "connections: {warehouse: {conn_type: mysql}}\npools: {default_pool: {slots: 7}}"
    changed = migrate(cluster, account.put(less))
    assert "made: nothing; deleted: connections.lake, connections.whole, variables.limits" in changed.text()
    after = held(cluster)
    assert set(after["connections"]) == {*before["connections"], "warehouse"}
    assert {value for value in after["connections"]["warehouse"].values() if value} == {"mysql"}
    assert after["variables"] == before["variables"]
    assert set(after["pools"]) == set(before["pools"])

    gone = migrate(cluster, {})
    assert "deleted: connections.warehouse\n" in gone.text(), gone.text()
    left = held(cluster)
    assert left["connections"] == before["connections"]
    assert left["pools"]["default_pool"]["slots"] == 7  # not made by the file, so not deleted with it


def test_what_cannot_be_applied_changes_nothing(cluster: Cluster, account: Account) -> None:
    """Not half a file; the last line says why, without a value."""
    before = held(cluster)
    late = "connections: {a: {conn_type: http}, b: {conn_type: http, password: {secret_arn: ARN, key: none}}}"
    failed = migrate(cluster, account.put(late))
    assert failed.last_line().endswith(f"{account.parts} must be a JSON object with the key 'none'")
    assert held(cluster) == before


@pytest.fixture
def in_account(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The account, for code that runs in this process."""
    for name, value in account.environment.items():
        monkeypatch.setenv(name, value)
    return account


def test_only_what_the_program_uploaded_is_applied(in_account: Account) -> None:
    """The pipelines may write to that bucket as well."""
    message = in_account.put("pools: {p: {slots: 1}}")
    key = {airflow_resources.FERNET_VARIABLE: "k"}
    with pytest.raises(
        PermanentError, match=r"^s3://data/airflow-resources.json is not what `pulumi up` wrote"
    ):
        airflow_resources.apply({**message, **key, airflow_resources.HASH_VARIABLE: "0" * 64})
    with pytest.raises(PermanentError, match=r"^cannot read s3://data/none.json: .*NoSuchKey"):
        airflow_resources.apply({**message, **key, airflow_resources.URL_VARIABLE: "s3://data/none.json"})
    with pytest.raises(PermanentError, match=r"^AIRFLOW__CORE__FERNET_KEY is not set"):
        airflow_resources.apply(message)


def test_a_missing_secret_is_named(in_account: Account) -> None:
    """Bytes, a missing one, and text where a key is asked for; never with the value."""
    binary = in_account.secrets.create_secret(Name="bytes", SecretBinary=b"hunter2")["ARN"]
    for reference, message in {
        (binary, ""): r"secret:bytes-\w{6} holds bytes; it must hold a text$",
        (in_account.parts[:-1] + "x", ""): r"^cannot read arn:.*ResourceNotFoundException",
        (in_account.whole, "password"): r"secret:whole-\w{6} must be a JSON object with the key 'password'$",
    }.items():
        arn, name = reference
        value = {"a": [{"secret_arn": arn, **({"key": name} if name else {})}]}
        with pytest.raises(PermanentError, match=message) as refused:
            airflow_resources.resolved(value, airflow_resources.secret)
        assert "hunter2" not in str(refused.value)
