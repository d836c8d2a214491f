# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""The migration: Airflow's schema, roles, administrator and objects, and the result backend's database role.

Idempotent, and one at a time: a second one waits for the first (two of Airflow's own at once fail).
"""

import logging
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from psycopg import sql

from airflow_ecs_image import database, objects, passwords

LOCK = 0x61697266  # "airf": any constant that Airflow's own advisory locks do not use
CELERY_SCHEMA = "celery"


class MigrationError(RuntimeError):
    """The migration cannot succeed as it was asked for; the text says what to set."""


def main(environ: Mapping[str, str]) -> int:
    """Do all steps; the last line on standard error names the step that failed and why."""
    step = "connect"
    try:
        url = required(environ, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
        with database.connect(url) as lock:
            lock.autocommit = True
            lock.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            step = "schema"
            migrate_schema()
            step = "administrator"
            ensure_admin(
                required(environ, "AIRFLOW_ECS_ADMIN_USERNAME"),
                required(environ, "AIRFLOW_ECS_ADMIN_PASSWORD"),
                required(environ, "AIRFLOW_ECS_ADMIN_EMAIL"),
            )
            step = "result backend"
            if result_url := environ.get("AIRFLOW__CELERY__RESULT_BACKEND"):
                ensure_result_backend(lock, url, result_url)
            step = "connections, variables, pools"
            _say(objects.apply(environ))
            database.check_schema(lock, environ)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the last line of a one-off task is what its operator sees
        return _failed(step, error)
    _say("done")
    return 0


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
    _say("schema is at this image's head")


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
            _say(f"administrator {username} made")
        elif check_password_hash(user.password, password):
            _say(f"administrator {username} has this password already")
        elif security.reset_password(user.id, password):
            _say(f"administrator {username} has a new password")
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
        _say(f"{changed} accounts of single sign-on have no password any more")


def ensure_result_backend(connection: psycopg.Connection, metadata_url: str, result_url: str) -> None:
    """Make the role of the Celery result backend, its schema, and its tables by logging in as it.

    Nothing to do but the tables where both URLs name the same user.
    """
    user, _password, name = parts = credentials(result_url)
    if name != credentials(metadata_url)[2]:
        raise MigrationError(f"the result backend's database {name} is not the metadata database")
    if user != credentials(metadata_url)[0]:
        for statement in role_statements(connection, *parts):
            connection.execute(statement)
        _say(f"database role {user} is ready")
    make_celery_tables(result_url)


def credentials(sqlalchemy_url: str) -> tuple[str, str, str]:
    """(user, password, database) of a URL, decoded."""
    parts = urlsplit(database.libpq_url(sqlalchemy_url))
    return unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.path.lstrip("/"))


def role_statements(
    connection: psycopg.Connection, user: str, password: str, name: str
) -> list[sql.Composed]:
    """The statements that make or update the role; its password as a SCRAM verifier, so no log holds it."""
    verifier = connection.pgconn.encrypt_password(password.encode(), user.encode(), b"scram-sha-256").decode()
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (user,)).fetchone()
    names = {
        "role": sql.Identifier(user),
        "schema": sql.Identifier(CELERY_SCHEMA),
        "database": sql.Identifier(name),
    }
    templates = (
        ("ALTER" if exists else "CREATE") + " ROLE {role} LOGIN PASSWORD {verifier}",
        "CREATE SCHEMA IF NOT EXISTS {schema}",
        "GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
        "ALTER ROLE {role} IN DATABASE {database} SET search_path = {schema}",
    )
    return [sql.SQL(template).format(verifier=sql.Literal(verifier), **names) for template in templates]


def make_celery_tables(result_url: str) -> None:
    """Make Celery's two tables, as their owner, before two workers race to do it."""
    from celery.backends.database.session import ResultModelBase  # noqa: PLC0415 - slow to import
    from sqlalchemy import create_engine  # noqa: PLC0415

    engine = create_engine(result_url.removeprefix("db+"))
    ResultModelBase.metadata.create_all(engine)
    engine.dispose()
    _say("result backend's tables are ready")


def _failed(step: str, error: BaseException) -> int:
    text = " ".join(str(error).split())
    sys.stderr.write(f"migrate: failed: {step}: {text or type(error).__name__}\n")
    return 1


def _say(line: str) -> None:
    sys.stderr.write(f"migrate: {line}\n")
    sys.stderr.flush()
