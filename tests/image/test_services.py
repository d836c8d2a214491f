"""The image's real roles against a real PostgreSQL and Redis, both TLS only, under a read-only root.

What this does not prove: that Fargate lays out the volumes as the sandbox does; anything about SQS, RabbitMQ.
"""

import base64
import http.client
import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from airflow_ecs_image import metrics
from components.ingress.load_balancer import HEALTH_CHECK_TIMEOUT_SECONDS
from components.model.services import api_server
from components.model.settings.service_rules import MIN_API_SERVER
from components.model.settings.settings import ServiceSettings, Settings
from components.model.workload.workload import workload
from tests.helpers.polling import wait_for
from tests.image import servers
from tests.image.certificates import Authority
from tests.image.cluster import ADMIN, API_SERVERS, COMMANDS, ISSUER, Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

CONFIGURATION_ERROR = 78
TEMPORARY_FAILURE = 75
DATABASE = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
BROKER_CA = "/opt/airflow/certs/broker.pem"
BROKER = "AIRFLOW__CELERY__BROKER_URL"
Record = Callable[[str, object], None]


def refusal(
    cluster: Cluster, name: str, environment: dict[str, str], ca: Path | None = None
) -> tuple[int, str]:
    """Start a role that must not start; (exit code, its last line)."""
    service = cluster.service(name, environment, ca)
    return service.run(*COMMANDS[name]), service.last_line()


def control(cluster: Cluster, command: str) -> None:
    """Send a control command about the queue `default` to all workers."""
    app = "airflow.providers.celery.executors.celery_executor.app"
    service = cluster.service("flower", {"AIRFLOW_ECS_SERVICE": "task"})
    assert service.run("celery", "--app", app, "control", command, "default") == 0, service.text()


def test_two_migrations_at_once_both_succeed(migrations: tuple[RunningService, RunningService]) -> None:
    """Airflow's own migration fails when two start on an empty database."""
    assert [
        (service.process and service.process.returncode, service.last_line()) for service in migrations
    ] == [
        (0, "migrate: done"),
    ] * 2


def test_a_migration_behind_a_lock_names_who_holds_it_and_succeeds_afterwards(cluster: Cluster) -> None:
    """Its sessions are SQLAlchemy's, on a table whose errors Flask-AppBuilder logs and forgets."""
    service = cluster.service("migration")
    with servers.connect(cluster.database) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE ab_permission_view_role")
        pid = other.info.backend_pid
        service.start(*COMMANDS["migration"])
        wait_for("a try has failed", lambda: "; try 1 of 5" in service.text())
    assert service.process is not None
    assert service.process.wait(180) == 0, service.text()
    assert f"migrate: administrator: session {pid} (user airflow, " in service.text()
    assert "holds a lock (AccessExclusiveLock) on ab_permission_view_role; try 1 of 5" in service.text()


def test_an_unmigrated_database_is_waited_for_not_started_on(empty_cluster: Cluster) -> None:
    """A server that starts before the migration waits, and says for what."""
    with servers.connect(empty_cluster.database, "rds") as connection:
        connection.execute("CREATE DATABASE unmigrated OWNER airflow")
    url = servers.metadata_url(empty_cluster.database, database="unmigrated")
    code, line = refusal(
        empty_cluster, "scheduler", {DATABASE: url, "AIRFLOW_ECS_DATABASE_WAIT_SECONDS": "1"}
    )
    assert code == TEMPORARY_FAILURE
    assert "the metadata database was not ready within 1 s: alembic_version is at nothing, wanted" in line


def test_a_service_that_waits_ends_on_sigterm(cluster: Cluster) -> None:
    """It is process 1, which ignores what it does not handle: ECS would wait 120 s for it."""
    service = cluster.service("scheduler", {DATABASE: "postgresql+psycopg://airflow:x@127.0.0.1:1/airflow"})
    service.start(*COMMANDS["scheduler"])
    wait_for("it waits", lambda: "waiting for the metadata database" in service.text())
    code, seconds = service.terminate()
    assert code == 128 + signal.SIGTERM
    assert seconds < 5


def test_process_1_reaps_what_tasks_leave_behind(cluster: Cluster) -> None:
    """A shell's background process whose shell has ended; Airflow itself waits for its own children only."""
    code = (
        "import glob, subprocess, time; subprocess.run(['sh', '-c', 'sleep 0.1 &']); time.sleep(1);"
        "print([open(path).read().split()[1:3] for path in sorted(glob.glob('/proc/[0-9]*/stat'))])"
    )
    service = cluster.service("flower", {"AIRFLOW_ECS_SERVICE": "task"})
    assert service.run("python", "-c", code) == 0
    assert service.last_line() == "[['(dumb-init)', 'S'], ['(python)', 'R']]"


def test_a_wrong_ca_is_refused_at_once_and_named(cluster: Cluster, tmp_path: Path) -> None:
    """Waiting does not heal a certificate that another CA signed."""
    other = tmp_path / "other.pem"
    other.write_text(Authority.make("another CA").pem())
    message = (
        f"cannot start: database {cluster.database.address}:5432: its certificate is not signed by a CA in "
    )
    for name in ("scheduler", "migration"):
        code, line = refusal(cluster, name, {}, other)
        assert (code, message + "/opt/airflow/certs/database.pem." in line) == (CONFIGURATION_ERROR, True), (
            line
        )
    code, line = refusal(cluster, "flower", {}, other)
    assert code == CONFIGURATION_ERROR
    assert f"broker {cluster.broker.address}:6379: certificate rejected by the CAs in {BROKER_CA}" in line


@pytest.mark.parametrize(
    ("name", "variable", "change", "message"),
    [
        ("scheduler", DATABASE, {"password": "wrong"}, "it refuses the password of user airflow"),
        ("api-server", DATABASE, {"database": "nowhere"}, "it has no database nowhere"),
    ],
)
def test_what_waiting_cannot_heal_is_refused_at_once(
    cluster: Cluster,
    name: str,
    variable: str,
    change: dict[str, str],
    message: str,
) -> None:
    """One clear line instead of 300 s of silence."""
    code, line = refusal(cluster, name, {variable: servers.metadata_url(cluster.database, **change)})
    assert (code, message in line) == (CONFIGURATION_ERROR, True), line
    assert "wrong" not in line


def test_a_wrong_broker_token_is_refused_at_once(cluster: Cluster) -> None:
    """The secret and the broker differ."""
    code, line = refusal(cluster, "flower", {BROKER: servers.broker_url(cluster.broker, "wrong")})
    assert (code, "it refuses the AUTH token" in line) == (CONFIGURATION_ERROR, True), line


def test_postgresql_refuses_plain_connections(cluster: Cluster) -> None:
    """So that the other tests prove TLS."""
    with pytest.raises(servers.psycopg.OperationalError, match="no encryption"):
        servers.psycopg.connect(host=cluster.database.address, user="airflow", sslmode="disable")


def test_every_service_listens_on_its_own_address_only(running: dict[str, RunningService]) -> None:
    """Two api-servers can share a host, and nothing is open that nobody asked for."""
    found = {
        name: {entry.split(":")[0] for entry in service.listening()} for name, service in running.items()
    }
    own = {
        name: bytes(map(int, reversed(service.address.split(".")))).hex().upper()
        for name, service in running.items()
    }
    servers = (*API_SERVERS, "flower")
    assert found == {name: {own[name]} if name in servers else set() for name in running}


def test_only_who_signs_tokens_has_a_key_of_theirs(running: dict[str, RunningService]) -> None:
    """In a file that its user alone may read. Triggerer, DAG processor, worker and Flower run without one."""
    found = {
        name: {path.name: path.stat().st_mode & 0o777 for path in (service.folder / "run").glob("jw*")}
        for name, service in running.items()
    }
    files = {"jwks.json": 0o400, "jwt-private-key.pem": 0o400}
    signers = ("api-server", "execution-api", "scheduler")
    assert found == {name: files if name in signers else {} for name in running}
    for name in running.keys() - {*signers}:
        for path in (running[name].folder / "run").iterdir():
            assert "PRIVATE KEY" not in path.read_text(), (name, path)
            assert "jwt" not in path.read_text().lower(), (name, path)


def test_a_password_session_ends_though_somebody_uses_it(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """Its token lasts no longer than the session, which ends half a day after the login; Airflow's, a day."""
    assert running["api-server"].process is not None
    session = requests.Session()
    assert log_in(cluster, session, cluster.password) == 200
    claims = str(session.cookies["_token"]).split(".")[1]
    token = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert 0 < token["exp"] - token["iat"] <= 12 * 3600
    assert token["iss"] == ISSUER


def test_passwords_cannot_be_guessed_one_after_the_other(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """The form takes five tries in 40 s; the API for tokens takes any number, as docs/hardening.md says."""
    assert running["api-server"].process is not None
    session = requests.Session()
    # Of eleven, one of two windows of 40 s gets six.
    assert 429 in [log_in(cluster, session, f"guess {number}") for number in range(11)]
    assert {cluster.token(f"guess {number}").status_code for number in range(6)} == {401}


def log_in(cluster: Cluster, session: requests.Session, password: str) -> int:
    """Fill in the form for passwords as a browser does, and follow where it leads; the status."""
    url = f"http://{cluster.api_address}:8080/auth/login/"
    (token, *_) = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', session.get(url, timeout=30).text)
    form = {"csrf_token": token, "username": ADMIN, "password": password}
    return session.post(url, data=form, timeout=30).status_code


OUTSIDE = ("/execution/health", "/execution%2Fhealth", "/%65xecution/health", "//execution/health")
"""Ways of writing the path of the execution API's health page, to get past a load balancer's rules."""


@pytest.mark.parametrize("path", OUTSIDE)
def test_behind_the_load_balancer_is_no_execution_api(
    cluster: Cluster, running: dict[str, RunningService], path: str
) -> None:
    """The API server has the user interface's page there; the execution API answers at a port of its own."""
    assert running["api-server"].process is not None
    assert "healthy" not in ask(cluster, 8080, "GET", path)[1]
    assert "healthy" in ask(cluster, 8081, "GET", "/execution%2Fhealth")[1]


def test_a_tasks_token_opens_nothing_behind_the_load_balancer(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """With it a task writes a variable at the execution API; at the API server's port nobody does."""
    assert running["execution-api"].process is not None
    code = (
        "from airflow.api_fastapi.execution_api.app import _jwt_generator as g; import uuid; "
        "print('token:', g().generate({'sub': str(uuid.uuid4())}))"
    )
    service = cluster.service("execution-api", {"AIRFLOW_ECS_SERVICE": "task"})
    assert service.run("/opt/venv/bin/python", "-c", code) == 0, service.text()
    (token,) = re.findall(r"^token: (\S+)$", service.text(), re.MULTILINE)
    for path in ("/execution/variables/leak", "/execution%2Fvariables/leak", "/%65xecution/variables/leak"):
        for method in ("PUT", "GET"):
            assert "leak" not in ask(cluster, 8080, method, path, token)[1]
    assert ask(cluster, 8081, "GET", "/execution/variables/leak", token)[0] == 404
    assert ask(cluster, 8081, "PUT", "/execution/variables/leak", token)[0] == 201
    assert "planted" in ask(cluster, 8081, "GET", "/execution/variables/leak", token)[1]


@pytest.mark.parametrize("path", ["/", "/api/v2/version", "/api/v2/variables", "/auth/token"])
def test_the_execution_api_serves_nothing_else(
    cluster: Cluster, running: dict[str, RunningService], path: str
) -> None:
    """No page, no REST API, no login, and no key of theirs in its environment."""
    service = running["execution-api"]
    assert ask(cluster, 8081, "GET", path)[0] == 404
    assert not {"AIRFLOW__API__SECRET_KEY", "AIRFLOW_ECS_SSO_CLIENT_SECRET"} & service.environment.keys()


def ask(cluster: Cluster, port: int, method: str, path: str, token: str = "") -> tuple[int, str]:
    """Send one request with its path as it is, which `requests` would mend; (status, text)."""
    connection = http.client.HTTPConnection(cluster.api_address, port, timeout=30)
    body = json.dumps({"value": "planted"}) if method == "PUT" else None
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"} if token else {}
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_health_checks_are_cheap(
    running: dict[str, RunningService], record_testsuite_property: Record
) -> None:
    """ECS runs one each 30 s: 1 CPU second is 3.3 % of a vCPU (`airflow jobs check` takes 4).

    The least of three, since what else runs on the core only adds to it; loading psycopg takes 0.4 of it.
    """
    spent = {name: min(service.check(name)[2] for _ in range(3)) for name, service in running.items()}
    record_testsuite_property("health check CPU seconds", json.dumps(spent))
    assert max(spent.values()) < 1, spent
    assert min(spent.values()) > 0.01, "the measurement itself is broken"


def test_nothing_is_written_outside_the_volumes(running: dict[str, RunningService]) -> None:
    """The root is read-only: a role that wants more says so in its log."""
    for name, service in running.items():
        assert "Read-only file system" not in service.text(), f"{name}: {service.text()}"


def test_a_dag_runs_under_protection_and_within_the_longest_duration(
    cluster: Cluster,
    running: dict[str, RunningService],
) -> None:
    """Broker, worker, execution API, triggerer and cluster policy together."""
    run = cluster.run_dag(seconds=2)
    wait_for("a task is counted for its workers", lambda: _counted(cluster).get("default"))
    cluster.wait_for_end(run)
    assert cluster.run_state(run) == "success"
    limit = cluster.call("GET", "dags/trivial/tasks/second")["execution_timeout"]
    assert (limit["days"], limit["seconds"]) == (0, 6 * 3600)  # the DAG asks for 99 hours
    asked = running["worker"].agent.protections
    wait_for("the protection ends", lambda: asked[-1]["ProtectionEnabled"] is False)
    assert asked[0] == {
        "path": "/api/x/task-protection/v1/state",
        "ProtectionEnabled": True,
        "ExpiresInMinutes": 6 * 60 + 10,
    }


def _counted(cluster: Cluster) -> dict[str, int]:
    with servers.connect(cluster.database) as connection:
        return metrics.tasks_by_queue(connection, "default")


def test_a_callback_that_waits_is_counted_for_its_queue(cluster: Cluster) -> None:
    """As Airflow's executors are given one; it names a queue, or runs where tasks do that name none."""
    add = (
        "INSERT INTO callback (id, type, fetch_method, data, state, priority_weight, created_at) "
        "VALUES (gen_random_uuid(), 'executor', 'import_path', %s, 'queued', 1, now())"
    )
    before = _counted(cluster)
    with servers.connect(cluster.database) as connection:
        for data in ({"queue": "large"}, {"path": "a.b"}):
            connection.execute(add, (json.dumps({"__type": "dict", "__var": data}),))
        found = _counted(cluster)
        connection.execute("DELETE FROM callback WHERE fetch_method = 'import_path' AND state = 'queued'")
    assert {queue: found[queue] - before.get(queue, 0) for queue in found} == {"large": 1, "default": 1}


def test_two_api_servers_have_room_in_one_task(
    running: dict[str, RunningService], record_testsuite_property: Record
) -> None:
    """Each uses half of what it gets of the smallest task that is recommended, at most."""
    used = {name: round(service.memory_mib()) for name, service in running.items()}
    record_testsuite_property("memory MiB", json.dumps(used))
    size = ServiceSettings(cpu_units=MIN_API_SERVER[0], memory_mib=MIN_API_SERVER[1])
    limits = {one.name: one.memory_mib for one in workload(Settings(api_server=size)).services}
    assert {name for name in API_SERVERS if used[name] > limits[name] / 2} == set(), used


def test_a_tasks_result_is_plain_data_in_the_broker_for_an_hour(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """As real scheduler, worker and Flower are configured; nobody subscribes to it."""
    assert running["worker"].process is not None
    run = cluster.run_dag(seconds=0)
    cluster.wait_for_end(run)
    with servers.redis_client(cluster.broker, cluster.folder / "ca.pem") as broker:
        keys = list(broker.scan_iter("celery-task-meta-*"))
        results = [json.loads(broker.get(key) or "") for key in keys]
        lives = [broker.ttl(key) for key in keys]
        channels = broker.pubsub_channels("celery-task-meta-*")
    assert "SUCCESS" in {result["status"] for result in results}
    assert 0 < min(lives) <= max(lives) <= 3600
    assert channels == []


def test_a_deaf_worker_is_unhealthy_though_it_answers_pings(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """A worker whose consumer is cancelled still answers control commands: a ping would call it healthy."""
    worker = running["worker"]
    control(cluster, "cancel_consumer")
    try:
        wait_for("the worker is unhealthy", lambda: worker.check("worker")[0] == 1)
        assert "has a free slot but" in worker.check("worker")[1]
    finally:
        control(cluster, "add_consumer")
    wait_for("the worker is healthy", lambda: worker.check("worker")[0] == 0)


def test_an_outage_of_the_database_makes_nobody_unhealthy(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """A restart would not bring it back. Here it accepts connections and is silent: the slowest outage."""
    cluster.database.signal(signal.SIGSTOP)
    try:
        output = {name: service.check(name)[:2] for name, service in running.items()}
        started = time.monotonic()
        status, _ = ask(cluster, api_server.PORT, "GET", api_server.TARGET.health_path)
        seconds = time.monotonic() - started
    finally:
        cluster.database.signal(signal.SIGCONT)
    assert {code for code, _ in output.values()} == {0}, output
    assert "not checked: database" in output["scheduler"][1]
    assert (status, seconds < HEALTH_CHECK_TIMEOUT_SECONDS) == (200, True), "the load balancer's own check"


def test_a_worker_that_was_refused_works_once_the_old_one_has_ended(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """A service of one task in a deployment: nobody tells the new worker more than that it is refused."""
    old = running["worker"]
    long = cluster.run_dag(seconds=30)
    wait_for("the old worker is at work", lambda: cluster.task_state(long, "second") == "running")
    assert old.agent.service.protected == {old.address}
    control(cluster, "cancel_consumer")  # so that the next task is the new worker's
    new = running["worker"] = cluster.service("worker")
    new.agent.service = old.agent.service
    new.start(*COMMANDS["worker"])
    run = cluster.run_dag(seconds=0)
    wait_for("the new worker is refused", lambda: "DEPLOYMENT_BLOCKED" in new.text())
    wait_for("the new worker takes no more", lambda: "paused" in new.check("worker")[1])
    assert new.check("worker")[0] == 0
    cluster.wait_for_end(long)
    assert cluster.run_state(long) == "success"
    assert old.terminate()[0] == 0
    started = time.monotonic()
    cluster.wait_for_end(run)
    assert cluster.run_state(run) == "success"
    assert time.monotonic() - started < 60
    new.wait_healthy("worker")


def test_in_a_deployment_the_new_workers_work_and_the_old_ones_end(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """ECS renews the old one's protection and refuses the new one's for hours; its API says who is who."""
    permissions = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
    running["worker"].terminate()
    old = cluster.service("worker", permissions)
    primary = {"id": "ecs-svc/1", "status": "PRIMARY", "desiredCount": 1, "runningCount": 1}
    service = old.agent.service
    service.deployments = [primary]
    old.start(*COMMANDS["worker"])
    long = cluster.run_dag(seconds=120)
    wait_for("the old worker is at work", lambda: cluster.task_state(long, "second") == "running")
    new = running["worker"] = cluster.service("worker", permissions)
    new.agent.service, new.agent.deployment = service, "ecs-svc/2"
    service.deployments = [{**primary, "id": "ecs-svc/2"}, {**primary, "status": "ACTIVE", "desiredCount": 0}]
    new.start(*COMMANDS["worker"])
    wait_for("the old worker takes no more", lambda: "paused" in old.check("worker")[1])
    run = cluster.run_dag(seconds=0)
    cluster.wait_for_end(run)
    assert cluster.run_state(run) == "success"
    assert "DEPLOYMENT_BLOCKED" in new.text()
    assert "paused" not in new.check("worker")[1]
    assert cluster.run_state(long) == "running", "the old worker holds its protection to the end"
    assert service.protected == {old.address}
    cluster.wait_for_end(long)
    assert cluster.run_state(long) == "success"
    wait_for("the old worker may be stopped", lambda: old.address not in service.protected)
    assert old.terminate()[0] == 0


def test_sigterm_lets_a_worker_finish_its_task(cluster: Cluster, running: dict[str, RunningService]) -> None:
    """The signal reaches Celery itself (exec), and its warm shutdown waits for the running task."""
    run = cluster.run_dag(seconds=8)
    wait_for("the second task runs", lambda: cluster.task_state(run, "second") == "running")
    assert running["worker"].agent.protections[-1]["ProtectionEnabled"]
    code, _ = running["worker"].terminate()
    assert code == 0
    worker = cluster.service("worker")
    worker.start(*COMMANDS["worker"])
    running["worker"] = worker
    cluster.wait_for_end(run)
    assert cluster.run_state(run) == "success"


def test_a_changed_admin_password_comes_with_the_next_migration(
    cluster: Cluster, running: dict[str, RunningService]
) -> None:
    """The old one stops working; a migration with the same one changes nothing."""
    assert running["api-server"].process is not None
    old, cluster.password = cluster.password, "second-Pa55word"
    migration = cluster.service("migration")
    assert migration.run(*COMMANDS["migration"]) == 0
    assert "administrator admin has a new password" in migration.text()
    assert cluster.token(old).status_code == 401
    assert cluster.token(cluster.password).status_code == 201
    assert "first-Pa55word" not in migration.text()
    assert "second-Pa55word" not in migration.text()


def test_local_executor_needs_no_secret_but_the_database_and_the_jwt_key(
    cluster: Cluster,
    running: dict[str, RunningService],
) -> None:
    """The scheduler that runs tasks itself: neither API secret nor broker."""
    assert running["api-server"].process is not None
    running["scheduler"].terminate()
    running["worker"].terminate()
    given = cluster.environment("scheduler")
    service = cluster.service(
        "scheduler", {"AIRFLOW__CORE__EXECUTOR": "LocalExecutor", "AIRFLOW__CORE__PARALLELISM": "2"}
    )
    service.environment = {key: value for key, value in service.environment.items() if key != BROKER}
    assert "AIRFLOW__API__SECRET_KEY" not in given
    service.start(*COMMANDS["scheduler"])
    service.wait_healthy("scheduler")
    run = cluster.run_dag(seconds=0)
    cluster.wait_for_end(run)
    assert cluster.run_state(run) == "success"
    code, _ = service.terminate()
    assert code == 0


def test_every_service_ends_by_itself_on_sigterm(
    running: dict[str, RunningService],
    record_testsuite_property: Record,
) -> None:
    """Within Fargate's stopTimeout (120 s at most), and with exit code 0."""
    alive = {
        name: service
        for name, service in running.items()
        if service.process and service.process.poll() is None
    }
    ended = {name: service.terminate() for name, service in alive.items()}
    seconds = {name: round(spent, 1) for name, (_, spent) in ended.items()}
    record_testsuite_property("seconds from SIGTERM to exit", json.dumps(seconds))
    assert {code for code, _ in ended.values()} == {0}, ended
