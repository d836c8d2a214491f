"""A few calls of Airflow's REST API.

https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
"""

import json
import time
from typing import Any
from urllib.parse import quote

import requests

from cli.errors import UsageError

FINAL_STATES = ("success", "failed")
POLL_SECONDS = 2
CALL_SECONDS = 60


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
    """Airflow's API, logged in with name and password."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url
        self._session = requests.Session()
        answer = self._session.post(
            f"{url}/auth/token", json={"username": username, "password": password}, timeout=CALL_SECONDS
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Call the API and give its answer, decoded."""
        answer = self._session.request(method, f"{self._url}/api/v2{path}", json=body, timeout=CALL_SECONDS)
        answer.raise_for_status()
        return answer.json()

    def wait_for_dag(self, dag_id: str, timeout_seconds: float) -> None:
        """Wait until Airflow knows a DAG; after a deploy its file is read within a minute."""
        deadline = time.monotonic() + timeout_seconds
        while dag_id not in {dag["dag_id"] for dag in self.call("GET", "/dags?limit=500")["dags"]}:
            if time.monotonic() > deadline:
                errors = self.call("GET", "/importErrors")["import_errors"]
                details = "; ".join(f"{error['filename']}: {error['stack_trace'][-500:]}" for error in errors)
                raise DagRunFailedError(f"Airflow knows no DAG {dag_id}. Import errors: {details or 'none'}")
            time.sleep(POLL_SECONDS)

    def run_dag(self, dag_id: str, conf: dict[str, Any], timeout_seconds: float) -> dict[str, Any]:
        """Run a DAG to its end.

        Raises:
            DagRunFailedError: it failed, or did not end in time; the text names the tasks.
        """
        self.call("PATCH", f"/dags/{dag_id}?update_mask=is_paused", {"is_paused": False})
        run = self.call("POST", f"/dags/{dag_id}/dagRuns", {"logical_date": None, "conf": conf})
        path = f"/dags/{dag_id}/dagRuns/{quote(run['dag_run_id'], safe='')}"
        deadline = time.monotonic() + timeout_seconds
        while run["state"] not in FINAL_STATES and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            run = self.call("GET", path)
        if run["state"] != "success":
            raise DagRunFailedError(f"DAG {dag_id} ended {run['state']}: {self._failed_tasks(path)}")
        return run

    def _failed_tasks(self, path: str) -> str:
        tasks = self.call("GET", f"{path}/taskInstances")["task_instances"]
        return ", ".join(f"{task['task_id']} {task['state']}" for task in tasks)
