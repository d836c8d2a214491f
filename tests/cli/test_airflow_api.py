"""Airflow's API where it holds more than one page, from a server that answers as Airflow does.

Not proved: that Airflow answers so; the tests of a local cluster use the same calls.
"""

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from cli import airflow_api
from cli.airflow_api import AirflowApi, DagRunFailedError
from cli.errors import UsageError


class Airflow:
    """120 DAGs, and as many files that cannot be imported, tasks and looks at a run as a test wants."""

    def __init__(self) -> None:
        self.dags = {f"a_table_{number:03}": False for number in range(120)}
        """Whether each is stale."""
        self.broken: list[str] = []
        self.tasks = [f"t_{number}" for number in range(130)]
        self.states = ["queued", "running", "failed"]
        self.paused = True

    def answer(self, method: str, path: str, query: dict[str, list[str]]) -> tuple[int, Any]:
        """Return status and body."""
        if path == "/auth/token":
            return 201, {"access_token": "token"}
        if path == "/api/v2/importErrors":
            errors = [{"filename": name, "stack_trace": f"no {name}"} for name in self.broken]
            return 200, _page("import_errors", errors, query)
        if path.endswith("/taskInstances"):
            tasks = [{"task_id": name, "state": "success"} for name in self.tasks[:-1]]
            tasks.append({"task_id": self.tasks[-1], "state": "failed"})
            return 200, _page("task_instances", tasks, query)
        if re.fullmatch(r"/api/v2/dags/[^/]+/dagRuns(/[^/]+)?", path):
            return 200, {"dag_run_id": "run", "state": self.states.pop(0)}
        dag_id = path.removeprefix("/api/v2/dags/")
        if dag_id in self.dags:
            if method == "PATCH":
                self.paused = False
            return 200, {"dag_id": dag_id, "is_stale": self.dags[dag_id], "is_paused": self.paused}
        return 404, {"detail": f"{method} of an unknown DAG"}


def _page(key: str, entries: list[Any], query: dict[str, list[str]]) -> dict[str, Any]:
    offset, limit = (
        int(query.get(name, [default])[0]) for name, default in (("offset", "0"), ("limit", "50"))
    )
    return {key: entries[offset : offset + min(limit, 100)], "total_entries": len(entries)}


@pytest.fixture
def airflow() -> Airflow:
    """What the server has."""
    return Airflow()


@pytest.fixture
def api(airflow: Airflow, monkeypatch: pytest.MonkeyPatch) -> Iterator[AirflowApi]:
    """A client of the server."""

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = urlsplit(self.path)
            status, body = airflow.answer(self.command, unquote(asked.path), parse_qs(asked.query))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _serve  # noqa: N815 - the standard library's names

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Print nothing."""

    monkeypatch.setattr(airflow_api, "POLL_SECONDS", 0.01)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield AirflowApi(f"http://127.0.0.1:{server.server_port}", "admin", "password")
        server.shutdown()


def test_a_dag_beyond_the_hundredth_is_found(api: AirflowApi, airflow: Airflow) -> None:
    """Whatever its place among the others."""
    airflow.dags["smoke"] = False
    api.wait_for_dag("smoke", 0)


def test_a_dag_that_is_gone_is_not_found(api: AirflowApi, airflow: Airflow) -> None:
    """Airflow keeps a DAG whose file was deleted, as stale."""
    airflow.dags["smoke"] = True
    with pytest.raises(DagRunFailedError, match="Import errors: none"):
        api.wait_for_dag("smoke", 0)


def test_the_error_of_its_own_file_comes_first(api: AirflowApi, airflow: Airflow) -> None:
    """Also from the second page; of the others as many as can be read."""
    airflow.broken = [*(f"other_{number}.py" for number in range(110)), "smoke.py"]
    with pytest.raises(DagRunFailedError) as raised:
        api.wait_for_dag("smoke", 0)
    shown = "; ".join(f"{name}: no {name}" for name in ("smoke.py", *airflow.broken[:4]))
    expected = f"Airflow knows no DAG smoke. Import errors: {shown}; and 106 more files"
    assert str(raised.value) == expected


def test_a_failed_task_beyond_the_hundredth_is_named(
    api: AirflowApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And no task that succeeded; meanwhile the run's state is printed."""
    monkeypatch.setattr(airflow_api, "PROGRESS_SECONDS", 0)
    with pytest.raises(DagRunFailedError, match=r"^DAG a_table_001 ended failed: t_129 failed$"):
        api.run_dag("a_table_001", {}, 10)
    assert capsys.readouterr().err.splitlines() == [
        "0 s: DAG a_table_001 is queued",
        "0 s: DAG a_table_001 is running",
    ]


def test_a_paused_dag_is_unpaused_only_if_it_is_asked_for(api: AirflowApi, airflow: Airflow) -> None:
    """Its schedule would start runs too."""
    with pytest.raises(UsageError, match="DAG a_table_001 is paused, and its run would wait: --unpause"):
        api.trigger("a_table_001", {}, unpause=False)
    assert airflow.states == ["queued", "running", "failed"], "nothing was started"
    assert api.trigger("a_table_001", {}, unpause=True)["state"] == "queued"
    assert not airflow.paused


def test_a_run_that_goes_on_is_no_success(api: AirflowApi, airflow: Airflow) -> None:
    """After the time to wait for it."""
    airflow.states = ["queued"]
    run = api.trigger("a_table_001", {}, unpause=True)
    with pytest.raises(DagRunFailedError, match="DAG a_table_001 is still queued: t_129 failed"):
        api.wait_for_run("a_table_001", run, -1)
