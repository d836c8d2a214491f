"""Container health checks: cheap, without loading Airflow, and indifferent to an outage of what they ask.

- api-server, execution-api, flower: the event loop answers HTTP (no query to the database)
- scheduler, dag-processor, triggerer: the main loop wrote this task's heartbeat into the database lately
- worker: the event loop ticked lately and, if it has a free slot, it waits on its queues at the broker, which
  Redis shows to others and SQS to the worker alone. One that takes no tasks for the sake of a deployment is
  healthy for as long as somebody may still stop it
- metrics: its loop goes on, whether or not database and CloudWatch take part
- any other service: the entrypoint has started it; when it ends, so does its container

A check never fails because the database or the broker is away: a restart would not bring it back, and
would kill tasks.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from airflow_ecs_image import broker
from airflow_ecs_image.errors import NotReadyError, PermanentError
from airflow_ecs_image.task import INIT_NAME, TaskError, address, hostname

HTTP_TIMEOUT_SECONDS = 10.0
HEARTBEAT_LIMIT_SECONDS = 120
TICK_LIMIT_SECONDS = 60
BLOCKED_LIMIT_SECONDS = 30
PUBLISH_LIMIT_SECONDS = 120
PUBLISHED_FILE = Path("/opt/airflow/run/published")
TICK_FILE = Path("/opt/airflow/run/worker-tick")
PROCESS_1 = Path("/proc/1/comm")
JOB_TYPES = {"scheduler": "SchedulerJob", "dag-processor": "DagProcessorJob", "triggerer": "TriggererJob"}


class UnhealthyError(RuntimeError):
    """This task should be replaced; the text says what was seen."""


def http_alive(host: str, port: int, path: str) -> str:
    """Ask a server for `path`; any answer below status 500 proves that its event loop runs."""
    connection = HTTPConnection(host, port, timeout=HTTP_TIMEOUT_SECONDS)
    try:
        connection.request("GET", path)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise UnhealthyError(f"http://{host}:{port}{path}: {error}") from error
    finally:
        connection.close()
    if status >= 500:  # noqa: PLR2004 - the server errors of HTTP
        raise UnhealthyError(f"http://{host}:{port}{path}: status {status}")
    return f"http://{host}:{port}{path}: status {status}"


def api_server(environ: Mapping[str, str]) -> str:
    """The API server answers; `/api/v2/version` needs no database."""
    return _api_alive(environ, "/api/v2/version")


def execution_api(environ: Mapping[str, str]) -> str:
    """The execution API answers; its own health path needs no database.

    Not its `/ping`: that fails until a first token has come, for which Airflow 3.3 reads the trusted keys
    (`JWKS.status` in airflow/api_fastapi/auth/tokens.py). No task sends one to an unhealthy server.
    """
    return _api_alive(environ, "/execution/health")


def flower(environ: Mapping[str, str]) -> str:
    """Flower answers on its own health path."""
    prefix = environ.get("AIRFLOW__CELERY__FLOWER_URL_PREFIX", "").rstrip("/")
    host = environ.get("AIRFLOW__CELERY__FLOWER_HOST") or _own_host(environ)
    return http_alive(host, int(environ.get("AIRFLOW__CELERY__FLOWER_PORT", "5555")), f"{prefix}/healthcheck")


def heartbeat_error(age_seconds: float | None, job_type: str, own_host: str) -> str:
    """Check the age of the newest heartbeat (None: there is none); what was seen, or UnhealthyError."""
    if age_seconds is None:
        raise UnhealthyError(f"no running {job_type} of host {own_host} in the database")
    seen = f"{job_type} of host {own_host}: last heartbeat {age_seconds:.0f} s ago"
    if age_seconds > HEARTBEAT_LIMIT_SECONDS:
        raise UnhealthyError(f"{seen}, limit {HEARTBEAT_LIMIT_SECONDS}")
    return seen


def job(service: str, environ: Mapping[str, str]) -> str:
    """The service's own job beats in the database."""
    from airflow_ecs_image import database  # noqa: PLC0415 - a driver that the other checks do without

    own_host = hostname(environ)
    try:
        with database.connect(environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]) as connection:
            row = connection.execute(
                "SELECT extract(epoch FROM now() - max(latest_heartbeat)) FROM job "
                "WHERE job_type = %s AND hostname = %s AND state = 'running'",
                (JOB_TYPES[service], own_host),
            ).fetchone()
    except NotReadyError as error:
        return f"not checked: {error}"
    except PermanentError as error:
        raise UnhealthyError(str(error)) from error
    age = None if row is None or row[0] is None else float(row[0])
    return heartbeat_error(age, JOB_TYPES[service], own_host)


def tick_state(path: Path, now: float) -> tuple[float, str]:
    """(age in seconds of the worker's last tick; what it did then, as worker.py writes it)."""
    try:
        text, written = path.read_text(), path.stat().st_mtime
    except FileNotFoundError:
        raise UnhealthyError(f"{path} is missing: the worker's event loop has not started") from None
    return now - written, text


def consuming(clients: Sequence[Mapping[str, str]], name: str) -> str:
    """Check a worker's connections at Redis: one must wait for a message (`BRPOP`), or did so just now."""
    idle = [int(client["idle"]) for client in clients if client.get("cmd") == "brpop"]
    if not idle:
        raise UnhealthyError(f"{name} has a free slot but waits on no queue ({len(clients)} connections)")
    if min(idle) > BLOCKED_LIMIT_SECONDS:
        raise UnhealthyError(f"{name} has a free slot but last asked for a message {min(idle)} s ago")
    return f"{name} waits for messages"


def worker(environ: Mapping[str, str], tick_file: Path = TICK_FILE) -> str:
    """The worker is alive and consuming: its loop ticks, and with a free slot it waits on its queues."""
    url = environ["AIRFLOW__CELERY__BROKER_URL"]
    age, activity = tick_state(tick_file, time.time())
    late = age > TICK_LIMIT_SECONDS
    if activity == "stuck":
        raise UnhealthyError("it takes no tasks and has had none for ten minutes, and nobody stops it")
    if not late and activity not in ("free", "deaf"):
        return f"{activity}, ticked {age:.0f} s ago"
    try:
        if not broker.is_redis(url):
            return answered(url, environ, age, activity)
        with broker.connected(url) as redis:
            if late:
                raise UnhealthyError(f"the broker answers, but the event loop last ticked {age:.0f} s ago")
            name = broker.client_name(_own_host(environ))
            return consuming(redis.clients(name), name)
    except NotReadyError as error:
        return f"not checked: {error}"
    except PermanentError as error:
        raise UnhealthyError(str(error)) from error


def answered(url: str, environ: Mapping[str, str], age: float, activity: str) -> str:
    """Check a worker of another broker than Redis: what is wrong with it is not the broker's outage."""
    if age <= TICK_LIMIT_SECONDS and activity != "deaf":
        return f"{activity}, ticked {age:.0f} s ago"
    broker.reach(url, environ)
    if activity == "deaf":
        raise UnhealthyError("the broker can be reached, but has not answered a free worker for a minute")
    raise UnhealthyError(f"the broker can be reached, but the event loop last ticked {age:.0f} s ago")


def publishing(published_file: Path = PUBLISHED_FILE) -> str:
    """The publisher's loop came round lately."""
    try:
        age = time.time() - published_file.stat().st_mtime
    except FileNotFoundError:
        raise UnhealthyError(f"{published_file} is missing: the first round has not ended") from None
    if age > PUBLISH_LIMIT_SECONDS:
        raise UnhealthyError(f"the last round ended {age:.0f} s ago, limit {PUBLISH_LIMIT_SECONDS}")
    return f"the last round ended {age:.0f} s ago"


def started() -> str:
    """The entrypoint waits no more: process 1 is the init process, which ends with the service."""
    name = PROCESS_1.read_text().strip()
    if name != INIT_NAME:
        raise UnhealthyError(f"the service has not started: process 1 is {name}")
    return "the service runs; the image knows no more of it"


CHECKS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "api-server": api_server,
    "execution-api": execution_api,
    "scheduler": lambda environ: job("scheduler", environ),
    "dag-processor": lambda environ: job("dag-processor", environ),
    "triggerer": lambda environ: job("triggerer", environ),
    "worker": worker,
    "flower": flower,
    "metrics": lambda _: publishing(),
}


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Print what was seen; 0 healthy, 1 to be replaced, 2 wrong usage."""
    if len(argv) != 1:
        sys.stderr.write(f"healthcheck: usage: healthcheck {'|'.join(CHECKS)}|OTHER\n")
        return 2
    check = CHECKS.get(argv[0])
    try:
        seen = check(environ) if check else started()
    except (UnhealthyError, TaskError) as error:
        sys.stderr.write(f"healthcheck: unhealthy: {error}\n")
        return 1
    except KeyError as error:
        sys.stderr.write(f"healthcheck: {error.args[0]} is not set\n")
        return 2
    sys.stdout.write(f"healthcheck: {seen}\n")
    return 0


def _api_alive(environ: Mapping[str, str], path: str) -> str:
    prefix = urlsplit(environ.get("AIRFLOW__API__BASE_URL", "")).path.rstrip("/")
    host = environ.get("AIRFLOW__API__HOST") or _own_host(environ)
    return http_alive(host, int(environ.get("AIRFLOW__API__PORT", "8080")), f"{prefix}{path}")


def _own_host(environ: Mapping[str, str]) -> str:
    return address(environ) or "127.0.0.1"
