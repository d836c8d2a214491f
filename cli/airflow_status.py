"""What Airflow's API reports of a running cluster: its version, its queues, the tasks that failed last."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

import requests

from cli.errors import one_line

FAILED_SHOWN: Final = 3
FAILED_HOURS: Final = 24
PAGE_ENTRIES: Final = 100
"""Airflow's `maximum_page_limit`."""
WAITING: Final = ("queued", "running")
ERRORS: Final = ("error", "critical")


class Api(Protocol):
    """As much of `AirflowApi` as is used here."""

    def call(self, method: str, path: str) -> Any:
        """Call Airflow's API and give its answer, decoded."""
        ...


def read(api: Api, url: str, now: datetime) -> dict[str, Any]:
    """Read what Airflow reports, all parts at once.

    Args:
        api: Airflow's.
        url: where its UI is.
        now: failures of the day before are shown.

    Raises:
        requests.RequestException: it does not answer, or refuses.
    """
    with ThreadPoolExecutor() as pool:
        version = pool.submit(api.call, "GET", "/version")
        waiting = {state: pool.submit(_by_queue, api, state) for state in WAITING}
        failed = _task_instances(
            api,
            state="failed",
            order_by="-end_date",
            limit=FAILED_SHOWN,
            end_date_gte=(now - timedelta(hours=FAILED_HOURS)).astimezone(UTC).isoformat(),
        )
        ended: list[dict[str, Any]] = failed["task_instances"]
        reasons = pool.map(partial(_reason, api), ended)
        counts = {state: found.result() for state, found in waiting.items()}
        return {
            "version": version.result()["version"],
            "queues": [
                {"queue": queue, **{state: counts[state][queue] for state in WAITING}}
                for queue in sorted({name for found in counts.values() for name in found})
            ],
            "failed_in_a_day": failed["total_entries"],
            "failed": [_failure(one, url, reason) for one, reason in zip(ended, reasons, strict=True)],
        }


def _task_instances(api: Api, **query: Any) -> dict[str, Any]:
    return api.call("GET", f"/dags/~/dagRuns/~/taskInstances?{urlencode(query)}")


def _by_queue(api: Api, state: str) -> Counter[str]:
    """Count the task instances of a state by queue; with a call for each queue where a page is not enough."""
    found = _task_instances(api, state=state, limit=PAGE_ENTRIES)
    counts = Counter(str(one["queue"]) for one in found["task_instances"])
    if found["total_entries"] <= len(found["task_instances"]):
        return counts
    for queue in counts:
        counts[queue] = _task_instances(api, state=state, queue=queue, limit=1)["total_entries"]
    if hidden := found["total_entries"] - counts.total():
        counts["(others)"] += max(hidden, 0)
    return counts


def _place(one: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(quote(one[name], safe="") for name in ("dag_id", "dag_run_id", "task_id"))


def _reason(api: Api, one: Mapping[str, Any]) -> str:
    """Give the last error of a task's log."""
    dag, run, task = _place(one)
    mapped = f"?map_index={one['map_index']}"
    path = f"/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{one['try_number']}{mapped}"
    try:
        found: Sequence[Mapping[str, Any]] = api.call("GET", path)["content"]
    except requests.RequestException as error:
        return f"its log was not read: {one_line(str(error))}"
    return next((_error(line) for line in reversed(found) if line.get("level") in ERRORS), "")


def _error(line: Mapping[str, Any]) -> str:
    details: Sequence[Mapping[str, Any]] = line.get("error_detail") or ()
    if not details:
        return " ".join(str(line["event"]).split())
    return " ".join(f"{details[0]['exc_type']}: {details[0]['exc_value']}".split())


def _failure(one: Mapping[str, Any], url: str, reason: str) -> dict[str, Any]:
    """Describe a failed task, with the address of its log in Airflow's UI."""
    dag, run, task = _place(one)
    mapped = f"/mapped/{one['map_index']}" if one["map_index"] >= 0 else ""
    return {
        "dag_id": one["dag_id"],
        "run_id": one["dag_run_id"],
        "task_id": one["task_id"],
        "map_index": one["map_index"],
        "try_number": one["try_number"],
        "ended_at": one["end_date"],
        "reason": reason,
        "url": f"{url}/dags/{dag}/runs/{run}/tasks/{task}{mapped}?try_number={one['try_number']}",
    }


def lines(value: Mapping[str, Any]) -> Iterator[str]:
    """Write the queues and the failed tasks for people."""
    if value["queues"]:
        yield from ("", *_table(value["queues"]))
    if value["failed"]:
        hours = f"tasks that failed in {FAILED_HOURS} hours: {value['failed_in_a_day']}"
        yield from ("", f"{hours}, last of all")
    for one in value["failed"]:
        task = f"{one['dag_id']}.{one['task_id']}"
        yield f"  {one['ended_at']}  {task}  {one['reason'] or 'no error in its log'}"
        yield f"    {one['url']}"


def _table(queues: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    width = max(len("QUEUE"), *(len(one["queue"]) for one in queues))
    yield f"{'QUEUE':<{width}}  QUEUED  RUNNING"
    for one in queues:
        yield f"{one['queue']:<{width}}  {one['queued']:<6}  {one['running']}"
