"""A few calls of Airflow's REST API.

https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
"""

import json
import sys
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import requests

from cli.errors import UsageError

FINAL_STATES = ("success", "failed")
POLL_SECONDS = 2
CALL_SECONDS = 60
PAGE_ENTRIES = 100
MAX_ERRORS = 5
PROGRESS_SECONDS = 20


class DagRunFailedError(RuntimeError):
    """A DAG run failed, or did not end in time."""


def parameters(conf: str) -> dict[str, Any]:
    """Read the parameters of a run.

    Raises:
        UsageError: it is not a JSON object.
    """
    try:
        found: Any = json.loads(conf)
    except ValueError as error:
        raise UsageError(f"--conf must be a JSON object: {error}; got {conf}") from None
    if not isinstance(found, dict):
        raise UsageError(f"--conf must be a JSON object; got {conf}")
    return dict[str, Any](found)  # pyright: ignore[reportUnknownArgumentType]


class AirflowApi:
    """Airflow's API, logged in with name and password.

    Args:
        url: where it is.
        username: who logs in.
        password: the user's.
        call_seconds: how long to wait for each answer.
    """

    def __init__(self, url: str, username: str, password: str, call_seconds: float = CALL_SECONDS) -> None:
        self._url, self._call_seconds = url, call_seconds
        self._session = requests.Session()
        answer = self._session.post(
            f"{url}/auth/token", json={"username": username, "password": password}, timeout=call_seconds
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API and give its answer, decoded."""
        answer = self._session.request(
            method, f"{self._url}/api/v2{path}", json=body, timeout=self._call_seconds
        )
        answer.raise_for_status()
        return answer.json()

    def pages(self, path: str, key: str) -> Iterator[Any]:
        """Return a whole collection, of which Airflow returns a page at a time (`maximum_page_limit`)."""
        offset = 0
        while True:
            found = self.call("GET", f"{path}?limit={PAGE_ENTRIES}&offset={offset}")
            yield from found[key]
            offset += len(found[key])
            if not found[key] or offset >= found["total_entries"]:
                return

    def wait_for_dag(self, dag_id: str, timeout_seconds: float) -> None:
        """Wait until Airflow knows a DAG; after a deploy its file is read within a minute.

        Raises:
            DagRunFailedError: it does not know it in time; the text has the files that cannot be imported.
        """
        waiting = _Waiting(timeout_seconds)
        while not self._knows(dag_id):
            if waiting.over():
                errors = list(self.pages("/importErrors", "import_errors"))
                errors.sort(key=lambda error: dag_id not in error["filename"])
                shown = [
                    f"{error['filename']}: {error['stack_trace'][-500:]}" for error in errors[:MAX_ERRORS]
                ]
                hidden = [f"and {len(errors) - MAX_ERRORS} more files"] if len(errors) > MAX_ERRORS else []
                details = "; ".join([*shown, *hidden]) or "none"
                raise DagRunFailedError(f"Airflow knows no DAG {dag_id}. Import errors: {details}")
            waiting.pause(f"Airflow has not read DAG {dag_id} yet")

    def trigger(self, dag_id: str, conf: dict[str, Any], *, unpause: bool) -> dict[str, Any]:
        """Start a run of a DAG, and return it.

        Args:
            dag_id: the DAG.
            conf: the run's parameters.
            unpause: whether to unpause the DAG first: also its schedule then starts runs.

        Raises:
            UsageError: it is paused, so the run would wait.
        """
        dag = f"/dags/{quote(dag_id, safe='')}"
        if unpause:
            self.call("PATCH", f"{dag}?update_mask=is_paused", {"is_paused": False})
        elif self.call("GET", dag)["is_paused"]:
            raise UsageError(
                f"DAG {dag_id} is paused, and its run would wait: --unpause lets it run, and its schedule too"
            )
        return self.call("POST", f"{dag}/dagRuns", {"logical_date": None, "conf": conf})

    def wait_for_run(self, dag_id: str, run: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Wait for the end of a run.

        Raises:
            DagRunFailedError: it failed, or did not end in time; the text names the tasks.
        """
        path = f"/dags/{quote(dag_id, safe='')}/dagRuns/{quote(run['dag_run_id'], safe='')}"
        waiting = _Waiting(timeout_seconds)
        while run["state"] not in FINAL_STATES and not waiting.over():
            waiting.pause(f"DAG {dag_id} is {run['state']}")
            run = self.call("GET", path)
        if run["state"] != "success":
            raise DagRunFailedError(f"DAG {dag_id} {_end(run['state'])}: {self._open_tasks(path)}")
        return run

    def run_dag(self, dag_id: str, conf: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Run a DAG to its end, and unpause it for that.

        Raises:
            DagRunFailedError: it failed, or did not end in time.
        """
        return self.wait_for_run(dag_id, self.trigger(dag_id, conf, unpause=True), timeout_seconds)

    def _knows(self, dag_id: str) -> bool:
        try:
            return not self.call("GET", f"/dags/{quote(dag_id, safe='')}")["is_stale"]
        except requests.HTTPError as error:
            if error.response is not None and error.response.status_code == HTTPStatus.NOT_FOUND:
                return False
            raise

    def _open_tasks(self, path: str) -> str:
        tasks = self.pages(f"{path}/taskInstances", "task_instances")
        return ", ".join(f"{task['task_id']} {task['state']}" for task in tasks if task["state"] != "success")


def _end(state: str) -> str:
    return f"ended {state}" if state in FINAL_STATES else f"is still {state}"


class _Waiting:
    """A wait with an end, which prints from time to time what it is for."""

    def __init__(self, seconds: float) -> None:
        self._began = self._printed = time.monotonic()
        self._seconds = seconds

    def over(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() - self._began > self._seconds

    def pause(self, why: str) -> None:
        """Wait until the next look."""
        if time.monotonic() - self._printed > PROGRESS_SECONDS:
            self._printed = time.monotonic()
            print(f"{self._printed - self._began:.0f} s: {why}", file=sys.stderr, flush=True)
        time.sleep(POLL_SECONDS)
