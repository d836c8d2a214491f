# pyright: basic, reportMissingImports=false
# ruff: noqa: SLF001 - Airflow publishes the list of tables, but neither its entries' class nor the query
# Airflow is in the image's environment, not in the program's.
"""Airflow's `db clean`, which keeps what is in use, and goes on where a table cannot be cleaned.

Airflow's own goes by age: it ends at the first row that another one refers to, deletes the triggers of
deferred tasks and with them the tasks, what runs that have not ended need, and DAGs that only nobody parsed.
https://github.com/apache/airflow/issues/71864, https://github.com/apache/airflow/pull/71339
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import psycopg
from airflow import settings
from airflow.cli.commands import state_store_command
from airflow.utils import db_cleanup
from airflow.utils.session import create_session
from sqlalchemy import func, inspect, literal_column, select, text
from sqlalchemy.exc import DBAPIError

from airflow_ecs_image import database, secret_files
from airflow_ecs_image.clean import TABLES_FAILED
from airflow_ecs_image.lock_waits import LockedError, LockWaits

BATCH_ROWS = 10000
LOCK_TRIES = 3
MAX_NAMES = 5
UNFINISHED = "IN ('queued', 'running')"
OF_UNFINISHED_RUN = f"""EXISTS (
    SELECT FROM dag_run WHERE dag_run.dag_id = base.dag_id AND dag_run.run_id = base.run_id
       AND dag_run.state {UNFINISHED})"""


@dataclass(frozen=True)
class InUse:
    """The rows of a table that stay however old they are.

    Attributes:
        condition: SQL; `base` is the row.
        reason: why they stay, for the log.
        has_dag: whether the table has a column `dag_id`.
    """

    condition: str
    reason: str
    has_dag: bool = True


RUN_NEEDS_IT = "their runs have not ended"
IN_USE = {
    "dag_run": InUse(f"base.state {UNFINISHED}", "they have not ended"),
    "task_instance": InUse(OF_UNFINISHED_RUN, RUN_NEEDS_IT),
    "task_instance_history": InUse(OF_UNFINISHED_RUN, RUN_NEEDS_IT),
    "xcom": InUse(OF_UNFINISHED_RUN, RUN_NEEDS_IT),
    "task_reschedule": InUse(
        "EXISTS (SELECT FROM task_instance JOIN dag_run USING (dag_id, run_id)"
        f" WHERE task_instance.id = base.ti_id AND dag_run.state {UNFINISHED})",
        RUN_NEEDS_IT,
        has_dag=False,
    ),
    "trigger": InUse(
        "EXISTS (SELECT FROM task_instance WHERE trigger_id = base.id)"
        " OR EXISTS (SELECT FROM asset_watcher WHERE trigger_id = base.id)"
        " OR EXISTS (SELECT FROM callback WHERE trigger_id = base.id)",
        "deferred tasks, assets or callbacks wait for them",
        has_dag=False,
    ),
    # A version that an existing run names is what the run is cleared and shown with.
    "dag_version": InUse(
        "EXISTS (SELECT FROM task_instance WHERE dag_version_id = base.id)"
        " OR EXISTS (SELECT FROM dag_run WHERE created_dag_version_id = base.id)",
        "runs need them",
    ),
    # A DAG goes with its versions. One whose file is not gone was not parsed because the cluster was asleep.
    "dag": InUse(
        "NOT base.is_stale OR EXISTS (SELECT FROM dag_version JOIN task_instance"  # noqa: S608 - no input
        " ON task_instance.dag_version_id = dag_version.id WHERE dag_version.dag_id = base.dag_id)"
        f" OR EXISTS (SELECT FROM dag_run WHERE dag_id = base.dag_id AND state {UNFINISHED})",
        "their files are not known to be gone, or runs that are kept need them",
    ),
    "backfill": InUse("EXISTS (SELECT FROM dag_run WHERE backfill_id = base.id)", "runs refer to them"),
}
BACKFILL = db_cleanup._TableConfig(
    table_name="backfill",
    recency_column_name="completed_at",
    dag_id_column_name="dag_id",
    dependent_tables=["dag_run"],
)
"""Airflow keeps them for ever."""


def main(before: datetime) -> int:
    """Clean; 0, or `TABLES_FAILED` where old rows are left that nothing uses. The last line says why."""
    db_cleanup.config_dict["backfill"] = BACKFILL
    by_age = dict(db_cleanup.config_dict)
    for table, in_use in IN_USE.items():
        db_cleanup.config_dict[table] = _kept(by_age[table], in_use)
    existing = set(inspect(settings.get_engine()).get_table_names())
    failed = _clean(before, [table for table in by_age if table in existing])
    for table in IN_USE:
        if table not in failed:
            _report(by_age[table], before)
    if failed:
        _log(f"failed: {'; '.join(f'{table}: {reason}' for table, reason in failed.items())}")
    return TABLES_FAILED if failed else 0


def _kept(config: Any, in_use: InUse) -> Any:
    """Add to a table's configuration that what is in use stays."""
    filters = [*(config.extra_filters or []), text(f"({in_use.condition}) IS NOT TRUE")]
    return replace(config, extra_filters=filters)


def _clean(before: datetime, tables: list[str]) -> dict[str, str]:
    """Clean tables, and then once more those whose rows other sessions have locked; why some were not."""
    failed: dict[str, str] = {}
    url = secret_files.environment()["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]

    def clean() -> None:
        wanted = [*failed] or tables
        failed.clear()
        with _surviving(failed), create_session() as session:
            db_cleanup.run_cleanup(
                clean_before_timestamp=before,
                table_names=wanted,
                confirm=False,
                skip_archive=True,
                batch_size=BATCH_ROWS,
            )
            # What tasks have stored goes at the time that they gave.
            with db_cleanup._suppress_with_logging("task_state_store", session):
                state_store_command.clean_state_store(SimpleNamespace(dry_run=False))

    with database.connect(url) as observer:
        observer.autocommit = True
        waits = LockWaits(observer, _log)
        waits.bound_sqlalchemy()
        with waits.observed():
            try:
                waits.repeated("waiting", clean, again="the next run tries again", tries=LOCK_TRIES)
            except LockedError as error:
                # Airflow reads the schema first; where that met the lock, no table was cleaned.
                return {
                    table: reason or str(error) for table, reason in (failed or {"all tables": ""}).items()
                }
    return failed


@contextmanager
def _surviving(failed: dict[str, str]) -> Iterator[None]:
    """Let Airflow's loop go on with the next table after every error of the database, not just after some."""

    @contextmanager
    def surviving(table: str, session: Any) -> Iterator[SimpleNamespace]:
        try:
            yield SimpleNamespace(failed=False)
        except DBAPIError as error:
            session.rollback()
            # Who holds a lock is not known to this session.
            locked = isinstance(error.orig, psycopg.errors.LockNotAvailable)
            failed[table] = "" if locked else _reason(error)

    airflows = db_cleanup._suppress_with_logging
    db_cleanup._suppress_with_logging = surviving
    try:
        yield
    finally:
        db_cleanup._suppress_with_logging = airflows


def _reason(error: DBAPIError) -> str:
    """Give PostgreSQL's own words in one line."""
    diagnosis = getattr(error.orig, "diag", None)
    parts = (diagnosis.message_primary, diagnosis.message_detail) if diagnosis else ()
    return ". ".join(filter(None, parts)) or " ".join(str(error.orig).split())


def _report(config: Any, before: datetime) -> None:
    """Log how many rows of a table are old and stay, some of their DAGs, and why."""
    table, in_use = config.table_name, IN_USE[config.table_name]
    with create_session() as session:
        old = db_cleanup._build_query(
            **{**config.__dict__, "clean_before_timestamp": before, "session": session}
        )
        rows = old.where(text(f"({in_use.condition})")).subquery()
        count = session.scalar(select(func.count()).select_from(rows))
        if not count:
            return
        dags = []
        if in_use.has_dag:
            named = select(literal_column("dag_id")).select_from(rows).distinct()
            dags = [*session.scalars(named.order_by(literal_column("dag_id")).limit(MAX_NAMES + 1))]
    names = ", ".join(dags[:MAX_NAMES]) + (", ..." if len(dags) > MAX_NAMES else "")
    _log(f"kept: {table}: {count}{f' of {names}' if names else ''}: {in_use.reason}")


def _log(line: str) -> None:
    sys.stderr.write(f"clean: {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(datetime.fromisoformat(sys.argv[1])))
