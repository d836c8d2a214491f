"""SQS and DynamoDB with Airflow's own executor and a real Celery worker, on moto as strict as the account.

What this does not prove: that AWS answers as moto does; the worker's tasks do nothing.
"""

import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from embedded_aws.account.moto_patches import dynamodb, sqs
from tests.helpers.polling import wait_for
from tests.image.account import REGION, Account
from tests.image.cluster import Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.timeout(900), pytest.mark.long]

SCRIPTS = Path(__file__).parent / "scripts"
TABLE = "results"
OPTIONS = "AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__"
MAX_LOOP_MILLISECONDS = 50


@dataclass
class Queue:
    """The default queue, and the table of results, with their clients."""

    url: str
    sqs: Any
    dynamodb: Any
    environment: dict[str, str]

    def messages(self) -> int:
        """Those that wait, and those that a worker has."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def results(self) -> list[dict[str, Any]]:
        """The items of the table."""
        return self.dynamodb.scan(TableName=TABLE)["Items"]


@pytest.fixture
def queue(account: Account) -> Iterator[Queue]:
    """A queue with one for its dead letters, and a table, as the program makes them."""
    sqs.install()
    dynamodb.install()
    queues, tables = account.client("sqs"), account.client("dynamodb")
    # The name of a deleted queue is not free at once.
    name = f"default-{uuid.uuid4()}"
    url = queues.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "3600"})["QueueUrl"]
    tables.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "task_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "task_id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    environment = {
        **account.environment,
        "AIRFLOW_ECS_SERVICE": "task",
        "AIRFLOW__CELERY__BROKER_URL": "sqs://",
        "AIRFLOW__CELERY__RESULT_BACKEND": f"dynamodb://@{REGION}/{TABLE}",
        "AIRFLOW__CELERY__SYNC_PARALLELISM": "1",
        "AIRFLOW__CELERY__OPERATION_TIMEOUT": "5",
        "AIRFLOW__CELERY__WORKER_ENABLE_REMOTE_CONTROL": "False",
        f"{OPTIONS}POLLING_INTERVAL": "0.2",
        f"{OPTIONS}PREDEFINED_QUEUES": json.dumps({"default": {"url": url}}),
        f"{OPTIONS}VISIBILITY_TIMEOUT": "3600",
        f"{OPTIONS}WAIT_TIME_SECONDS": "15",
        "PYTHONPATH": "/opt/airflow/lib:/tmp",
    }
    yield Queue(url, queues, tables, environment)
    queues.delete_queue(QueueUrl=url)
    tables.delete_table(TableName=TABLE)


def service(cluster: Cluster, name: str, queue: Queue, **more: str) -> RunningService:
    """A container with the scripts, which starts without the migration."""
    made = cluster.service(name, {**queue.environment, **more})
    shutil.copytree(SCRIPTS, made.folder / "tmp/scripts")
    return made


def answers(script: RunningService) -> list[Any]:
    """The lines of JSON that a script printed."""
    return [json.loads(line) for line in script.text().splitlines() if line.startswith("{")]


def test_what_a_workers_code_writes_runs_nowhere(empty_cluster: Cluster, queue: Queue) -> None:
    """As with results in Redis."""
    scheduler = service(empty_cluster, "scheduler", queue)
    assert scheduler.run("python", "-m", "scripts.poisoned") == 0, scheduler.text()
    (found,) = answers(scheduler)
    failures = {"function", "class", "exit", "no exception"}
    assert {name: measured["state"] for name, measured in found.items()} == {
        name: "failed" if name in failures else "success" if name == "kombu's types" else None
        for name in found
    }
    assert [name for name, measured in found.items() if measured["ran"]] == []
    assert all(measured["adopted"] for measured in found.values())
    assert {one["afterwards"] for one in found.values() if one["state"] is None} == {"success"}


def test_many_tasks_in_flight_slow_the_scheduler_little(empty_cluster: Cluster, queue: Queue) -> None:
    """200 take two requests, once a second at most; a task of an hour is read some hundred times.

    The processor's time is checked; the wall clock's, which others slow too, is part of the message.
    """
    scheduler = service(empty_cluster, "scheduler", queue)
    assert scheduler.run("python", "-m", "scripts.result_table") == 0, scheduler.text()
    (found,) = answers(scheduler)
    assert found["processor_milliseconds"] <= MAX_LOOP_MILLISECONDS, found
    assert found["keys"] == [100, 100]
    assert found["requests_within_a_second"] <= 2
    assert found["succeeded"] == 200
    assert 200 < found["reads_in_an_hour"] < 400
    assert {item["status"]["S"] for item in queue.results()} == {"SUCCESS"}
    assert max(len(json.dumps(item)) for item in queue.results()) < 1024


def test_a_worker_takes_tasks_and_ends_warmly(empty_cluster: Cluster, queue: Queue) -> None:
    """What runs as it is stopped is finished, and no message comes back; its check sees that it is heard."""
    made = service(empty_cluster, "worker", queue)
    made.start("python", "-m", "scripts.worker", "prefork", "5")
    scheduler = service(empty_cluster, "scheduler", queue, AIRFLOW_ECS_MESSAGE_SECONDS="720")
    scheduler.start("python", "-m", "scripts.late", "20")
    wait_for("the task has started", lambda: [one["status"]["S"] for one in queue.results()] == ["STARTED"])
    made.terminate()
    assert [one["status"]["S"] for one in queue.results()] == ["SUCCESS"]
    assert queue.messages() == 0
    wait_for("the scheduler has seen it", lambda: answers(scheduler)[1:] == [{"states": ["success"]}])
    check = service(empty_cluster, "worker", queue)
    assert check.run("python", "-c", DEAF) == 0, check.text()


def test_a_message_that_comes_too_late_is_discarded(empty_cluster: Cluster, queue: Queue) -> None:
    """Its task has been queued again; nothing runs, and nothing is told of the task."""
    scheduler = service(empty_cluster, "scheduler", queue, AIRFLOW_ECS_MESSAGE_SECONDS="1")
    assert scheduler.run("python", "-m", "scripts.late", "2") == 0, scheduler.text()
    assert queue.messages() == 1
    made = service(empty_cluster, "worker", queue)
    made.start("python", "-m", "scripts.worker", "prefork", "0")
    wait_for("the message is gone", lambda: queue.messages() == 0)
    made.terminate()
    assert queue.results() == []
    assert answers(scheduler)[1:] == [{"states": []}]


DEAF = """
from airflow_ecs_image.worker import deaf
assert not deaf(None, 100.0, 159.0)
assert deaf(None, 100.0, 161.0)
assert not deaf(150.0, 100.0, 161.0)
assert deaf(150.0, 100.0, 211.0)
"""
"""A worker that was free for a minute, and was not answered since."""
