"""`make up EXECUTOR=CeleryExecutor`: the same DAGs, on a worker behind a broker."""

import re
from typing import Any

import pytest
import redis

from tests.local.cluster.disclosure import contents_of, disclosed, secrets_of
from tests.local.cluster.running import ACCOUNT, PIPELINE, Cluster

pytestmark = pytest.mark.cluster

NOT_FOR_WORKERS = (
    "SQL_ALCHEMY_CONN",
    "RESULT_BACKEND",
    "JWT",
    "FERNET_KEY",
    "API__SECRET_KEY",
    "ADMIN_PASSWORD",
)


def worker(cluster: Cluster) -> dict[str, Any]:
    """The one worker's task."""
    (task,) = cluster.tasks(serviceName=cluster.outputs["service_names"]["worker"])
    return task


@pytest.mark.parametrize(
    "dag_id", ["smoke", pytest.param(PIPELINE, marks=pytest.mark.drill(name="executors"))]
)
def test_worker_runs_the_dags(celery_cluster: Cluster, dag_id: str) -> None:
    """Airflow names the worker's container as the place."""
    run = celery_cluster.run_dag(dag_id)
    assert run["state"] == "success"
    (interface,) = worker(celery_cluster)["containers"][0]["networkInterfaces"]
    assert {task["hostname"] for task in run["tasks"].values()} == {interface["privateIpv4Address"]}


def test_broker_is_encrypted_and_checked(celery_cluster: Cluster) -> None:
    """The URL asks for the certificate's check; the broker speaks to nobody in plaintext."""
    url = celery_cluster.secret("broker-url")
    assert url.startswith("rediss://")
    assert "ssl_cert_reqs=required" in url
    assert "ssl_ca_certs=" in url
    hosts = (ACCOUNT / "hosts").read_text()
    (address,) = re.findall(
        rf"^(\S+)\s+{re.escape(celery_cluster.outputs['broker_endpoint'])}$", hosts, re.MULTILINE
    )
    token = re.findall("rediss://:([^@]+)@", url)[0]
    with (
        redis.Redis(address, 6379, password=token, socket_timeout=10) as plain,
        pytest.raises(redis.ConnectionError),
    ):
        plain.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]


def test_worker_holds_no_key_of_the_cluster(celery_cluster: Cluster) -> None:
    """A DAG's code can read its worker's environment: neither the database nor any key is in it."""
    service = celery_cluster.services()["worker"]
    described = celery_cluster.client("ecs").describe_task_definition(
        taskDefinition=service["taskDefinition"]
    )
    (container,) = described["taskDefinition"]["containerDefinitions"]
    names = [pair["name"] for pair in [*container["environment"], *container["secrets"]]]
    assert [name for name in names if any(key in name for key in NOT_FOR_WORKERS)] == []
    assert "AIRFLOW__CELERY__BROKER_URL" in names


def test_second_preview_is_empty(celery_cluster: Cluster) -> None:
    """With the broker, too."""
    celery_cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")


def test_no_secret_stands_in_plaintext(celery_cluster: Cluster) -> None:
    """Nor does the broker's token."""
    secrets = secrets_of(celery_cluster)
    assert celery_cluster.secret("broker-url") in secrets
    assert disclosed(secrets, contents_of(celery_cluster)) == []
