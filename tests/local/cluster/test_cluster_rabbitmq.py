"""`make up EXECUTOR=CeleryExecutor SETTINGS="broker=rabbitmq"`: the same DAGs, with RabbitMQ in Amazon MQ.

What it does not prove: RabbitMQ 4.2, of which Debian's stands in; a cluster of three nodes.
"""

import json
import ssl
from typing import Any
from urllib.parse import urlsplit

import pytest
import urllib3

from tests.helpers.polling import wait_for
from tests.local.cluster.running import ACCOUNT, PIPELINE, Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="rabbitmq")]

MANAGEMENT_PORT = 15671
"""https://docs.aws.amazon.com/amazon-mq/latest/developer-guide/rabbitmq-basic-elements-broker.html"""


@pytest.fixture(scope="module")
def rabbitmq_cluster(any_cluster: Cluster) -> Cluster:
    """Bring the cluster to RabbitMQ."""
    any_cluster.up("CeleryExecutor", broker="rabbitmq")
    return any_cluster


def queues(cluster: Cluster) -> dict[str, dict[str, Any]]:
    """Ask RabbitMQ's management API for its queues, by name."""
    url = urlsplit(cluster.secret("broker-url"))
    host = url.hostname or ""
    hosts = dict(line.split()[::-1] for line in (ACCOUNT / "hosts").read_text().splitlines() if line.strip())
    pool = urllib3.HTTPSConnectionPool(
        hosts[host],
        MANAGEMENT_PORT,
        ca_certs=str(ACCOUNT / "ca.pem"),
        server_hostname=host,
        assert_hostname=host,
        cert_reqs=ssl.CERT_REQUIRED,
    )
    login = urllib3.make_headers(basic_auth=f"{url.username}:{url.password}")
    found = json.loads(pool.request("GET", "/api/queues/%2F", headers=login).data)
    return {one["name"]: one for one in found}


@pytest.mark.parametrize("dag_id", ["smoke", PIPELINE])
def test_worker_runs_the_dags(rabbitmq_cluster: Cluster, dag_id: str) -> None:
    """The example pipeline, too."""
    run = rabbitmq_cluster.run_dag(dag_id)
    assert run["state"] == "success"


def test_tasks_wait_in_a_quorum_queue(rabbitmq_cluster: Cluster) -> None:
    """Workers listen to it, and no queue is of the kind that RabbitMQ 4.3 refuses."""
    found = queues(rabbitmq_cluster)
    assert (found["default"]["type"], found["default"]["durable"]) == ("quorum", True)
    assert found["default"]["consumers"] == 1
    assert [name for name, one in found.items() if not one["durable"] and not one["exclusive"]] == []


def test_results_are_in_a_table(rabbitmq_cluster: Cluster) -> None:
    """RabbitMQ keeps none."""
    client = rabbitmq_cluster.client("dynamodb")
    (table,) = client.list_tables()["TableNames"]
    assert client.scan(TableName=table)["Count"] > 0


def test_second_preview_is_empty(rabbitmq_cluster: Cluster) -> None:
    """Though RabbitMQ's user cannot be read back."""
    rabbitmq_cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")


def test_the_broker_is_rebooted_for_longer_tasks(rabbitmq_cluster: Cluster) -> None:
    """`up` changes the configuration and reboots the broker; workers come back to it, and tasks run."""
    rabbitmq_cluster.up("CeleryExecutor", broker="rabbitmq", maxTaskDurationHours="20")
    client = rabbitmq_cluster.client("mq")
    (summary,) = client.list_brokers()["BrokerSummaries"]
    assert summary["BrokerState"] == "RUNNING"
    configurations = client.describe_broker(BrokerId=summary["BrokerId"])["Configurations"]
    assert "Pending" not in configurations
    wait_for("a worker", lambda: queues(rabbitmq_cluster).get("default", {}).get("consumers") == 1)
    assert rabbitmq_cluster.run_dag("smoke")["state"] == "success"
