"""`make up EXECUTOR=CeleryExecutor SETTINGS="broker=sqs"`: the same DAGs by way of SQS and DynamoDB.

What it does not prove: that AWS's own SQS and DynamoDB answer as those of the account do.
"""

from typing import Any

import pytest

from components.model.settings.worker_group import DEFAULT_QUEUE
from tests.helpers.polling import wait_for
from tests.local.cluster.running import PIPELINE, Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="sqs")]


@pytest.fixture(scope="module")
def sqs_cluster(any_cluster: Cluster) -> Cluster:
    """The cluster, brought to SQS by one setting."""
    any_cluster.up("CeleryExecutor", broker="sqs")
    return any_cluster


def messages(cluster: Cluster) -> dict[str, int]:
    """The messages of each queue, those that a worker has among them."""
    sqs = cluster.client("sqs")
    found: dict[str, int] = {}
    for url in sqs.list_queues()["QueueUrls"]:
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        found[url.rpartition("/")[2]] = sum(int(attributes[name]) for name in counts)
    return found


def results(cluster: Cluster) -> list[dict[str, Any]]:
    """The items of the table."""
    dynamodb = cluster.client("dynamodb")
    (table,) = dynamodb.list_tables()["TableNames"]
    return dynamodb.scan(TableName=table)["Items"]


@pytest.mark.parametrize("dag_id", ["smoke", PIPELINE])
def test_the_dags_succeed(sqs_cluster: Cluster, dag_id: str) -> None:
    """With the permissions that the program gives to each service, and no other."""
    run = sqs_cluster.run_dag(dag_id)
    assert run["state"] == "success"
    assert {task["try_number"] for task in run["tasks"].values()} == {1}


def test_no_message_is_left(sqs_cluster: Cluster) -> None:
    """A worker deletes what it has done, and no letter is dead."""
    left = wait_for("the queues are empty", lambda: _empty(messages(sqs_cluster)))
    assert any(DEFAULT_QUEUE in name for name in left)
    assert sqs_cluster.outputs["broker_endpoint"].rpartition("/")[2] in left


def _empty(left: dict[str, int]) -> dict[str, int] | None:
    return left if set(left.values()) == {0} else None


def test_results_are_plain_and_end(sqs_cluster: Cluster) -> None:
    """One for each task that ran."""
    found = results(sqs_cluster)
    assert {item["status"]["S"] for item in found} == {"SUCCESS"}
    assert all(item["result"]["S"].startswith("{") and item["expires"]["N"] for item in found)


def test_the_broker_has_no_secret(sqs_cluster: Cluster) -> None:
    """IAM authorizes."""
    assert "broker-url" not in sqs_cluster.outputs["secret_arns"]


def test_second_preview_is_empty(sqs_cluster: Cluster) -> None:
    """With queues and table, too."""
    sqs_cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")
