"""`airflow-ecs rotate` on a cluster with 1,000 connections, while DAGs run and users call the API.

Not proved: how long ElastiCache and RDS take at AWS, and that tokens expire as `token_lifetime` expects.
"""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
import requests
from cryptography.fernet import Fernet

from cli.airflow_api import AirflowApi
from tests.helpers.polling import wait_for
from tests.local.cluster.running import PROJECT, STACK, STATE, Cluster, call

pytestmark = [pytest.mark.cluster, pytest.mark.drill(name="rotation"), pytest.mark.timeout(3000)]

CONNECTIONS = 1000
VARIABLE = "rotation-counter"
WAIT_SECONDS = 900
WAITS = 75
RUN_EVERY_SECONDS = 10.0
OPTIONS = ("--stack", STACK, "--workspace", str(STATE / "workspace"))


@dataclass
class Load:
    """What users and DAGs do meanwhile, with one token of the beginning.

    Attributes:
        answers: how often the API answered with which status, or did not.
        runs: the runs that were started.
        written: the last value of the variable.
    """

    url: str
    token: str
    answers: Counter[str] = field(default_factory=Counter[str])
    runs: list[str] = field(default_factory=list[str])
    written: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Read a connection, write a variable, start a run; until it is ended."""
        last_run = 0.0
        number = 0
        while not self.ended.wait(0.2):
            number += 1
            self.call("GET", f"connections/rotated-{number % CONNECTIONS}")
            if self.call("PATCH", f"variables/{VARIABLE}", {"key": VARIABLE, "value": str(number)}):
                self.written = number
            if time.monotonic() - last_run > RUN_EVERY_SECONDS:
                run = f"rotation-{time.time():.0f}"
                if self.call("POST", "dags/smoke/dagRuns", {"dag_run_id": run, "logical_date": None}):
                    self.runs.append(run)
                last_run = time.monotonic()

    def call(self, method: str, path: str, body: dict[str, str | None] | None = None) -> bool:
        """Call the API once, whatever comes back."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            answer = requests.request(
                method, f"{self.url}/api/v2/{path}", json=body, headers=headers, timeout=30
            )
        except requests.RequestException as error:
            self.answers[type(error).__name__] += 1
            return False
        self.answers[str(answer.status_code)] += 1
        return answer.ok


@contextmanager
def load(cluster: Cluster) -> Generator[Load]:
    """Put load on the cluster; in the end every run that was started has succeeded, and no write is lost."""
    credentials = {
        "username": cluster.outputs["admin_username"],
        "password": cluster.secret("admin-password"),
    }
    token = requests.post(f"{cluster.outputs['url']}/auth/token", json=credentials, timeout=30).json()
    found = Load(cluster.outputs["url"], token["access_token"])
    thread = threading.Thread(target=found.go_on)
    thread.start()
    try:
        yield found
    finally:
        found.ended.set()
        thread.join()


def settled(cluster: Cluster, found: Load) -> None:
    """Check what was done meanwhile."""
    api = AirflowApi(
        cluster.outputs["url"], cluster.outputs["admin_username"], cluster.secret("admin-password")
    )
    states = {run: wait_for(f"{run} ends", lambda run=run: _state(api, run)) for run in found.runs}
    assert set(states.values()) == {"success"}, states
    assert api.call("GET", f"/variables/{VARIABLE}")["value"] == str(found.written)


def _state(api: AirflowApi, run: str) -> str:
    state = api.call("GET", f"/dags/smoke/dagRuns/{quote(run, safe='')}")["state"]
    return state if state in ("success", "failed") else ""


def rotate(cluster: Cluster, kind: str, *options: str, code: int = 0) -> str:
    """Run the command as an operator does; its time is printed."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "cli", "rotate", kind, *OPTIONS, *options],
        cwd=PROJECT,
        env={**os.environ, **cluster.environment},
        check=False,
        capture_output=True,
        text=True,
    )
    print(f"rotate {kind}: {time.monotonic() - began:.0f} s\n{done.stdout}")  # noqa: T201 - a figure
    assert done.returncode == code, done.stderr[-6000:]
    return done.stdout


@pytest.fixture(scope="module")
def stored(celery_cluster: Cluster) -> Cluster:
    """The cluster with a thousand connections, a variable and a DAG that may run."""
    token = Fernet(celery_cluster.secret("fernet-key")).encrypt(b'{"token": "secret"}').decode()
    with celery_cluster.connect() as connection, connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO connection (conn_id, conn_type, password, extra, is_encrypted, is_extra_encrypted)"
            " VALUES (%s, 'http', %s, %s, true, true)",
            [(f"rotated-{number}", token, token) for number in range(CONNECTIONS)],
        )
    api = celery_cluster.api
    api.wait_for_dag("smoke", WAIT_SECONDS)
    api.call("PATCH", "/dags/smoke?update_mask=is_paused", {"is_paused": False})
    api.call("POST", "/variables", {"key": VARIABLE, "value": "0"})
    return celery_cluster


def preview_is_empty(cluster: Cluster) -> None:
    """Check that a rotation leaves nothing to deploy."""
    cluster.pulumi("preview", "--expect-no-changes", "--non-interactive")


def test_nobody_notices_another_fernet_key(stored: Cluster) -> None:
    """Every answer is a success, and the new key alone decrypts all that is stored."""
    before = stored.secret("fernet-key")
    with load(stored) as found:
        rotate(stored, "fernet", "--wait-seconds", str(WAIT_SECONDS))
    preview_is_empty(stored)
    settled(stored, found)
    assert {*found.answers} == {"200"}, found.answers
    after = Fernet(stored.secret("fernet-key"))
    assert stored.secret("fernet-key") != before
    with stored.connect() as connection:
        rows = connection.execute("SELECT password, extra FROM connection WHERE conn_id LIKE 'rotated-%'")
        values = [after.decrypt(value) for row in rows for value in row]
    assert values == [b'{"token": "secret"}'] * (2 * CONNECTIONS)


@pytest.mark.parametrize(("kind", "secret"), [("database", "database-url"), ("broker", "broker-url")])
def test_nobody_notices_another_password(stored: Cluster, kind: str, secret: str) -> None:
    """Of database and broker: both are accepted while services are replaced."""
    before = stored.secret(secret)
    with load(stored) as found:
        rotate(stored, kind, "--wait-seconds", str(WAIT_SECONDS))
    preview_is_empty(stored)
    settled(stored, found)
    assert {*found.answers} == {"200"}, found.answers
    assert stored.secret(secret) != before
    with stored.connect() as connection:
        (user,) = connection.execute("SELECT current_user::text").fetchone() or ("",)
    assert user == "airflow"


def test_tokens_of_the_former_key_are_accepted_until_it_is_dropped(stored: Cluster) -> None:
    """Not dropped before they have expired; after a leak at once."""
    with load(stored) as found:
        printed = rotate(stored, "jwt", code=WAITS)
    assert "tokens of the former key are valid until" in printed
    preview_is_empty(stored)
    settled(stored, found)
    assert {*found.answers} == {"200"}, found.answers
    rotate(stored, "jwt", "--leaked")
    preview_is_empty(stored)
    assert not found.call("GET", "connections/rotated-1")
    assert found.answers["401"] == 1


def test_the_first_users_password_is_another_one(stored: Cluster) -> None:
    """What the command `password` prints logs in, and the former one does not."""
    before = stored.secret("admin-password")
    rotate(stored, "admin")
    preview_is_empty(stored)
    printed = call(
        *(sys.executable, "-m", "cli", "password", *OPTIONS), environment=stored.environment
    ).strip()
    assert printed != before
    url, name = f"{stored.outputs['url']}/auth/token", stored.outputs["admin_username"]
    answers = [
        requests.post(url, json={"username": name, "password": one}, timeout=30).status_code
        for one in (before, printed)
    ]
    assert answers == [401, 201]


def test_another_api_secret_key_ends_sessions_and_no_token(stored: Cluster) -> None:
    """Tokens are signed with another key."""
    with load(stored) as found:
        rotate(stored, "api")
    preview_is_empty(stored)
    settled(stored, found)
    assert {*found.answers} == {"200"}, found.answers
