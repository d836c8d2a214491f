# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""The migration: Airflow's schema, roles, administrator and objects.

Idempotent, and one at a time: a second one waits for the first (two of Airflow's own at once fail).
"""

import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg

from airflow_ecs_image import airflow_resources, database, lock_waits, passwords
from airflow_ecs_image.lock_waits import LockWaits

LOCK = 0x61697266  # "airf": any constant that Airflow's own advisory locks do not use
OTHER_MIGRATION_TRIES = 60
"""Each waits 20 s, and pauses for 5: so long may another migration take, within the half hour of `up`."""


class MigrationError(RuntimeError):
    """The migration cannot succeed as it was asked for; the text says what to set."""


def main(environ: Mapping[str, str]) -> int:
    """Do all steps; the last line on standard error names the step that failed and why."""
    step = "connect"
    try:
        url = required(environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
        with database.connect(url) as lock, database.connect(url) as observer:
            lock.autocommit = observer.autocommit = True
            waits = LockWaits(observer, _log)
            waits.bound(lock)
            waits.bound_sqlalchemy()
            with waits.observed():
                for step, do, tries in _steps(lock, environ):
                    waits.repeated(step, do, again="run `pulumi up` again", tries=tries)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the last line of a one-off task is what its operator sees
        return _failed(step, error)
    _log("done")
    return 0


def _steps(
    lock: psycopg.Connection, environ: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[], object], int]]:
    """Give each step with its name, and how often it is tried when somebody else holds a lock."""

    def administrator() -> None:
        ensure_admin(
            required(environ, "AIRFLOW_ECS_ADMIN_USERNAME"),
            required(environ, "AIRFLOW_ECS_ADMIN_PASSWORD"),
            required(environ, "AIRFLOW_ECS_ADMIN_EMAIL"),
        )

    yield (
        "another migration",
        lambda: lock.execute("SELECT pg_advisory_lock(%s)", (LOCK,)),
        OTHER_MIGRATION_TRIES,
    )
    yield "schema", migrate_schema, lock_waits.TRIES
    yield "administrator", administrator, lock_waits.TRIES
    yield (
        "connections, variables, pools",
        lambda: _log(airflow_resources.apply(environ)),
        lock_waits.TRIES,
    )
    yield "schema", lambda: database.check_schema(lock, environ), lock_waits.TRIES


def required(environ: Mapping[str, str], name: str) -> str:
    """The value of a variable that the task definition must give."""
    value = environ.get(name)
    if not value:
        raise MigrationError(f"{name} is not set in the migration's container definition")
    return value


def migrate_schema() -> None:
    """`airflow db migrate`, in this process."""
    from airflow.utils.db import upgradedb  # noqa: PLC0415 - Airflow is slow to import

    upgradedb()
    _log("schema is at this image's head")


def ensure_admin(username: str, password: str, email: str) -> None:
    """Make Airflow's roles, and the administrator; reset the password only where it does not match."""
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder  # noqa: PLC0415
    from werkzeug.security import check_password_hash  # noqa: PLC0415

    logging.getLogger("airflow.providers.fab").setLevel(
        logging.WARNING
    )  # it tells of each of 400 permissions
    with get_application_builder() as builder:
        security = builder.sm
        security.sync_roles()
        user = security.find_user(username)
        if user is None:
            made = security.add_user(
                username, "Airflow", "Admin", email, security.find_role("Admin"), password
            )
            if not made:
                raise MigrationError(
                    f"Airflow did not make user {username}; is {email} another user's address?"
                )
            _log(f"administrator {username} made")
        elif check_password_hash(user.password, password):
            _log(f"administrator {username} has this password already")
        elif security.reset_password(user.id, password):
            _log(f"administrator {username} has a new password")
        else:
            raise MigrationError(f"Airflow did not reset the password of user {username}")
        take_unusable_passwords(security)


def take_unusable_passwords(security: Any) -> None:
    """Let accounts that earlier releases made for single sign-on have no password, as new ones have."""
    changed = 0
    for user in security.get_all_users():
        if user.password and user.password != passwords.NO_PASSWORD and not passwords.usable(user.password):
            user.password = passwords.NO_PASSWORD
            if not security.update_user(user):
                raise MigrationError(f"Airflow did not take the password of user {user.username}")
            changed += 1
    if changed:
        _log(f"{changed} accounts of single sign-on have no password any more")


def _failed(step: str, error: BaseException) -> int:
    text = " ".join(str(error).split())
    sys.stderr.write(f"migrate: failed: {step}: {text or type(error).__name__}\n")
    return 1


def _log(line: str) -> None:
    sys.stderr.write(f"migrate: {line}\n")
    sys.stderr.flush()
