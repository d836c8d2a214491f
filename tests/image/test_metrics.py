"""What is published for scaled worker groups, and that nothing ends the publisher.

The query is run on a real metadata database in `test_services.py`.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from airflow_ecs_image import health
from airflow_ecs_image.errors import NotReadyError, PermanentError
from airflow_ecs_image.health import UnhealthyError
from airflow_ecs_image.metrics import Group, Peak, Publisher, Workers

if TYPE_CHECKING:
    from collections.abc import Mapping

SMALL = Group("worker-small", frozenset({"default"}), 4)
LARGE = Group("worker-large", frozenset({"large", "gpu"}), 2)


class Outside:
    """A database and CloudWatch; each may be away."""

    def __init__(self) -> None:
        self.tasks: Mapping[str, int] = {}
        self.requests: list[list[dict[str, Any]]] = []
        self.lines: list[str] = []
        self.database: Exception | None = None
        self.cloudwatch: Exception | None = None
        self._workers = Workers([SMALL, LARGE])
        self.publisher = Publisher(self._read, self._put, log=self.lines.append)

    def _read(self, now: float) -> list[dict[str, Any]]:
        if self.database:
            raise self.database
        return self._workers.data(self.tasks, now)

    def _put(self, data: list[dict[str, Any]]) -> None:
        if self.cloudwatch:
            raise self.cloudwatch
        self.requests.append(data)

    def values(self) -> list[list[float]]:
        """What was published, by request."""
        return [[one["Value"] for one in data] for data in self.requests]


@pytest.fixture
def outside() -> Outside:
    """Both are there."""
    return Outside()


@pytest.mark.parametrize(("tasks", "workers"), [(0, 0), (1, 1), (4, 1), (5, 2), (200, 50)])
def test_a_worker_that_has_one_task_is_needed_whole(tasks: int, workers: int) -> None:
    """Tasks of other queues need none of it."""
    assert SMALL.workers({"default": tasks, "large": 99}) == workers


def test_a_group_serves_all_of_its_queues(outside: Outside) -> None:
    """All groups go into one request, in seconds' resolution."""
    outside.tasks = {"large": 2, "gpu": 3, "default": 1}
    outside.publisher.publish(0)
    (small, large) = outside.requests[0]
    assert large == {
        "MetricName": "WorkersNeeded",
        "Dimensions": [{"Name": "ServiceName", "Value": "worker-large"}],
        "Value": 3,
        "Unit": "Count",
        "StorageResolution": 1,
    }
    assert (small["Value"], small["Dimensions"][0]["Value"]) == (1, "worker-small")


def test_the_largest_need_holds_for_five_minutes() -> None:
    """Then the largest of what came after it."""
    peak = Peak()
    assert [peak.add(number, now) for now, number in ((0, 2), (10, 9), (20, 3), (309, 1))] == [2, 9, 9, 9]
    assert [peak.add(1, now) for now in (310, 319, 320, 609)] == [3, 3, 1, 1]


@pytest.mark.parametrize(
    "error", [NotReadyError("database db:5432: refused"), psycopg.OperationalError("closed")]
)
def test_without_database_nothing_is_published(outside: Outside, error: Exception) -> None:
    """A zero would take idle workers away; the log has a line for the outage, and one for its end."""
    outside.database = error
    for now in (0, 10):
        outside.publisher.publish(now)
    assert outside.requests == []
    outside.database = None
    outside.publisher.publish(20)
    assert outside.values() == [[0, 0]]
    assert outside.lines == [
        f"nothing is published, since the database does not answer: {error}",
        "metrics are published again",
    ]


def test_cloudwatch_that_is_away_ends_nothing_and_the_peak_is_kept(outside: Outside) -> None:
    """Whatever boto3 raises."""
    outside.cloudwatch = ConnectionError("no route")
    outside.tasks = {"default": 40}
    outside.publisher.publish(0)
    outside.publisher.publish(10)
    outside.cloudwatch, outside.tasks = None, {}
    outside.publisher.publish(20)
    assert outside.values() == [[10, 0]]
    assert outside.lines[0] == "CloudWatch took no metrics: ConnectionError: no route"
    assert len(outside.lines) == 2


def test_a_database_that_will_never_answer_ends_it(outside: Outside) -> None:
    """As with a changed password: the task is started again, with the new one."""
    outside.database = PermanentError("it refuses the password")
    with pytest.raises(PermanentError):
        outside.publisher.publish(0)


def test_its_health_is_that_its_loop_goes_on(tmp_path: Path) -> None:
    """Two minutes are twelve rounds."""
    file = tmp_path / "published"
    with pytest.raises(UnhealthyError, match="has not ended"):
        health.publishing(file)
    file.touch()
    assert health.publishing(file) == "the last round ended 0 s ago"
    old = file.stat().st_mtime - 121
    os.utime(file, (old, old))
    with pytest.raises(UnhealthyError, match="ended 121 s ago, limit 120"):
        health.publishing(file)
