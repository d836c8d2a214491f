"""The image's entrypoint: take the secrets away, wait for what the service needs, then exec.

Of the database's master user only the migration has the credentials, and of the migration only this: it makes
the role that Airflow connects as while it waits for the database.

What it execs is an init process that starts the service, hands signals on and reaps what tasks leave behind.
ECS' own (`initProcessEnabled`) would keep the whole environment, secrets included, in /proc/1/environ.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

from airflow_ecs_image import amqp, broker, database, database_role, jwt_keys, secret_files, sso
from airflow_ecs_image.errors import NotReadyError, PermanentError
from airflow_ecs_image.task import ADDRESS_VARIABLE, INIT_NAME, TaskError, address

WAIT_VARIABLE = "AIRFLOW_ECS_DATABASE_WAIT_SECONDS"
DEFAULT_WAIT_SECONDS = 300
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 10.0

_METADATA = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
_BROKER = "AIRFLOW__CELERY__BROKER_URL"
_EXECUTION_API = "AIRFLOW__CORE__EXECUTION_API_SERVER_URL"
_FERNET = "AIRFLOW__CORE__FERNET_KEY"


@dataclass(frozen=True)
class Needs:
    """What a service starts with.

    Attributes:
        variables: what it cannot do without. Where one is missing, Airflow makes a key of its own in each
            process, or falls back to SQLite, and says nothing.
        migrated: whether the database, if it has one, must have the schema of the image.
        broker: whether the broker, if it has one, must answer.
    """

    variables: tuple[str, ...] = ()
    migrated: bool = True
    broker: bool = False


SERVICES = {
    "api-server": Needs((_METADATA, _FERNET, jwt_keys.VARIABLE, "AIRFLOW__API__SECRET_KEY")),
    "execution-api": Needs((_METADATA, _FERNET, jwt_keys.VARIABLE)),
    "scheduler": Needs((_METADATA, _FERNET, jwt_keys.VARIABLE, _EXECUTION_API)),
    "dag-processor": Needs((_METADATA, _FERNET)),
    "triggerer": Needs((_METADATA, _FERNET)),
    "ecs-task": Needs((_EXECUTION_API,)),
    "worker": Needs((_BROKER, _EXECUTION_API), broker=True),
    "flower": Needs((_BROKER,), broker=True),
    "metrics": Needs((_METADATA,)),
    "migration": Needs((_METADATA,), migrated=False),
    "maintenance": Needs((_METADATA,)),
    "task": Needs(migrated=False),
    "": Needs(migrated=False),
}
"""What the image knows; `task` is a running Airflow task, and "" a container that somebody runs by hand."""
OTHER = Needs(broker=True)
"""A service of somebody's own catalogue: it waits for whatever its environment names."""
CONFIGURATION_ERROR = 78  # EX_CONFIG of sysexits.h: starting again unchanged ends the same
TEMPORARY_FAILURE = 75  # EX_TEMPFAIL
INIT = (INIT_NAME, "--single-child", "--")
"""Signals go to the service alone, not to its tasks: https://github.com/Yelp/dumb-init#session-behavior"""

Probe = Callable[[], None]


def probes(environ: Mapping[str, str]) -> Iterator[tuple[str, Probe]]:
    """What this service waits for, in order: (name, a function that raises while it is not ready)."""
    needs = SERVICES.get(environ.get("AIRFLOW_ECS_SERVICE", ""), OTHER)
    metadata_url = environ.get(_METADATA, "")
    broker_url = environ.get(_BROKER, "")
    logins = environ.get(database_role.LOGINS_VARIABLE, "").split()
    if metadata_url and (master := environ.get(database_role.VARIABLE)):
        yield "the metadata database", lambda: database_role.ensure(metadata_url, master, logins)
    elif metadata_url:
        yield (
            "the metadata database",
            lambda: _metadata(metadata_url, environ, migrated=needs.migrated),
        )
    if needs.broker and broker.is_redis(broker_url):
        yield "the broker", lambda: _broker(broker_url)
    elif needs.broker and amqp.is_amqp(broker_url):
        yield "the broker", lambda: amqp.check(broker_url)


def wait(
    name: str,
    probe: Probe,
    wait_seconds: float,
    *,
    log: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call `probe` until it returns, with pauses from 0.5 s doubling to 10 s.

    Raises:
        PermanentError: as the probe raised it, at once.
        NotReadyError: still not ready after `wait_seconds`; the last reason.
    """
    started = clock()
    pause = FIRST_PAUSE_SECONDS
    while True:
        try:
            probe()
        except NotReadyError as error:
            waited = clock() - started
            if waited + pause > wait_seconds:
                raise NotReadyError(f"{name} was not ready within {wait_seconds:.0f} s: {error}") from None
            log(f"waiting for {name} ({waited:.0f} of {wait_seconds:.0f} s): {error}")
            sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
        else:
            return


def bound(environ: Mapping[str, str], own_address: str | None) -> dict[str, str]:
    """The environment for Airflow: servers bound to the task's address, and names for health checks to find.

    A value that the task definition gives stands.
    """
    if own_address is None:
        return dict(environ)
    defaults = {
        ADDRESS_VARIABLE: own_address,
        "AIRFLOW__API__HOST": own_address,
        "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_HOST": own_address,
        "AIRFLOW__CELERY__FLOWER_HOST": own_address,
    }
    if environ.get("AIRFLOW_ECS_SERVICE") == "worker" and broker.is_redis(environ.get(_BROKER, "")):
        defaults["AIRFLOW__CELERY_BROKER_TRANSPORT_OPTIONS__CLIENT_NAME"] = broker.client_name(own_address)
    return {**defaults, **environ}


def wait_seconds(environ: Mapping[str, str]) -> float:
    """`AIRFLOW_ECS_DATABASE_WAIT_SECONDS`, default 300.

    Raises:
        PermanentError: not a number of seconds.
    """
    text = environ.get(WAIT_VARIABLE, str(DEFAULT_WAIT_SECONDS))
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 24 * 3600:
        raise PermanentError(f"{WAIT_VARIABLE} must be a number of seconds from 0 to 86400; got {text!r}")
    return seconds


def check(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Raise PermanentError for a task definition that cannot be meant."""
    service = environ.get("AIRFLOW_ECS_SERVICE", "")
    missing = [name for name in SERVICES.get(service, OTHER).variables if not _given(name, environ)]
    if missing:
        raise PermanentError(f"{service} needs {', '.join(missing)}, which the task does not give")
    sso.settings(environ)
    if not argv:
        raise PermanentError("no command: give the container one, e.g. ['airflow', 'scheduler']")
    if not shutil.which(argv[0], path=environ.get("PATH", os.defpath)):
        raise PermanentError(f"there is no program {argv[0]!r} in the image")


def main(argv: Sequence[str], environ: Mapping[str, str] = os.environ) -> None:
    """Prepare, then become the init process of `argv`. Ends the process on any error."""
    # Process 1 gets no signal that it does not handle.
    # https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
    signal.signal(signal.SIGTERM, _ended)
    try:
        check(argv, environ)
        limit = wait_seconds(environ)
        given = bound(environ, address(environ))
        kept = {name: value for name, value in given.items() if name != database_role.VARIABLE}
        prepared = secret_files.move_to_files(kept)
        for name, probe in probes(given):
            wait(name, probe, limit, log=_log)
        os.execvpe(INIT[0], [*INIT, *argv], prepared)  # noqa: S606 - no shell on purpose
    except PermanentError as error:
        _log(f"cannot start: {error}")
        sys.exit(CONFIGURATION_ERROR)
    except (NotReadyError, TaskError) as error:
        _log(f"cannot start: {error}")
        sys.exit(TEMPORARY_FAILURE)
    except OSError as error:
        _log(f"cannot start {INIT[0]}: {error.strerror}")
        sys.exit(CONFIGURATION_ERROR)


def _ended(number: int, _frame: FrameType | None) -> NoReturn:
    _log("stopped before the service has started")
    sys.exit(128 + number)


def _given(name: str, environ: Mapping[str, str]) -> bool:
    """Whether a setting is there, plain or as one of Airflow's indirections."""
    return any(environ.get(name + suffix) for suffix in ("", "_CMD", "_SECRET"))


def _metadata(url: str, environ: Mapping[str, str], *, migrated: bool) -> None:
    with database.connect(url) as connection:
        if migrated:
            database.check_schema(connection, environ)


def _broker(url: str) -> None:
    with broker.connected(url):
        pass


def _log(line: str) -> None:
    sys.stderr.write(f"entrypoint: {line}\n")
    sys.stderr.flush()
