"""Queues and failures of `airflow-ecs status`, from an Airflow that answers as its API does.

Not proved: that Airflow answers so; `tests/local/cluster/` reads the status of a real one.
"""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from cli import airflow_status
from cli.airflow_status import PAGE_ENTRIES

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Airflow:
    """Task instances by state, and what their logs have."""

    def __init__(self) -> None:
        self.tasks: dict[str, list[dict[str, Any]]] = {"queued": [], "running": [], "failed": []}
        self.log: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.broken = False

    def call(self, method: str, path: str) -> Any:
        """Answer one call."""
        assert method == "GET"
        self.calls.append(path)
        asked = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        if asked.path == "/version":
            return {"version": "3.3.2"}
        if asked.path == "/dags/~/dagRuns/~/taskInstances":
            found = self.tasks[query["state"]]
            found = [one for one in found if one["queue"] == query.get("queue", one["queue"])]
            return {"task_instances": found[: int(query["limit"])], "total_entries": len(found)}
        if self.broken:
            raise requests.ConnectTimeout("too slow")
        return {"content": self.log}


def _task(queue: str = "default", **more: Any) -> dict[str, Any]:
    return {
        "dag_id": "prices",
        "dag_run_id": "manual__2026-11-30T11:00:00+00:00",
        "task_id": "load",
        "map_index": -1,
        "try_number": 2,
        "end_date": "2026-11-30T11:30:00Z",
        "queue": queue,
        **more,
    }


@pytest.fixture
def airflow() -> Airflow:
    """What answers."""
    return Airflow()


def _read(airflow: Airflow) -> dict[str, Any]:
    return airflow_status.read(airflow, "https://air", NOW)


def test_nothing_to_do_is_no_queue(airflow: Airflow) -> None:
    """Airflow knows a queue by its tasks."""
    value = _read(airflow)
    assert (value["version"], value["queues"], value["failed"]) == ("3.3.2", [], [])
    assert list(airflow_status.lines(value)) == []


def test_tasks_are_counted_by_queue(airflow: Airflow) -> None:
    """A queue may have tasks of one state alone."""
    airflow.tasks["queued"] = [_task(), _task("large"), _task("large")]
    airflow.tasks["running"] = [_task()]
    assert _read(airflow)["queues"] == [
        {"queue": "default", "queued": 1, "running": 1},
        {"queue": "large", "queued": 2, "running": 0},
    ]


def test_more_tasks_than_a_page_take_a_call_for_each_queue(airflow: Airflow) -> None:
    """Not one for each page; queues that are not on the first one are counted together."""
    airflow.tasks["queued"] = [_task("a")] * PAGE_ENTRIES + [_task("b")] * 500 + [_task("a")]
    assert _read(airflow)["queues"] == [
        {"queue": "(others)", "queued": 500, "running": 0},
        {"queue": "a", "queued": PAGE_ENTRIES + 1, "running": 0},
    ]
    assert len([path for path in airflow.calls if "state=queued" in path]) == 2


def test_a_failure_has_its_reason_and_its_address(airflow: Airflow) -> None:
    """The last error of the log, in one line; Airflow's own address of it."""
    airflow.tasks["failed"] = [_task(), _task(map_index=3)]
    airflow.log = [
        {"event": "first", "level": "error"},
        {
            "event": "failed",
            "level": "error",
            "error_detail": [{"exc_type": "KeyError", "exc_value": "a\n b"}],
        },
        {"event": "done", "level": "info"},
    ]
    value = _read(airflow)
    assert [one["reason"] for one in value["failed"]] == ["KeyError: a b"] * 2
    place = "https://air/dags/prices/runs/manual__2026-11-30T11%3A00%3A00%2B00%3A00/tasks/load"
    assert [one["url"] for one in value["failed"]] == [
        f"{place}?try_number=2",
        f"{place}/mapped/3?try_number=2",
    ]
    (asked,) = (path for path in airflow.calls if "state=failed" in path)
    assert parse_qs(asked)["end_date_gte"] == ["2026-11-29T12:00:00+00:00"]
    airflow.log = [{"event": "The log ends here: killed", "level": "error"}]
    assert _read(airflow)["failed"][0]["reason"] == "The log ends here: killed"


def test_a_log_that_is_not_read_in_time_is_no_reason_for_no_status(airflow: Airflow) -> None:
    """It may be large."""
    airflow.tasks["failed"] = [_task()]
    airflow.broken = True
    assert _read(airflow)["failed"][0]["reason"] == "its log was not read: too slow"
