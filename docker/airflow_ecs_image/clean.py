"""The cleaning: `airflow db clean` up to some days ago.

One at a time, since a schedule may fire twice. Rows are deleted for good, in batches that each stand when a
later one fails or the time is up; the next run goes on there.
"""

import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from airflow_ecs_image import database
from airflow_ecs_image.errors import NotReadyError, PermanentError

DAYS_VARIABLE = "AIRFLOW_ECS_CLEAN_AFTER_DAYS"
LOCK = 0x61697263  # "airc": any constant that neither Airflow's own advisory locks nor the migration use
MAX_SECONDS = 3600
TABLES_FAILED = 3
"""Exit code of the program that deletes, if some tables were not cleaned; its last line names them."""


def main(environ: Mapping[str, str]) -> int:
    """Clean; 0 only if all tables were cleaned, or another run is at it. The last line says what was done."""
    try:
        before = datetime.now(UTC) - timedelta(days=days(environ))
        return _clean(environ, before.replace(microsecond=0))
    except (PermanentError, NotReadyError) as error:
        return _failed(str(error))


def days(environ: Mapping[str, str]) -> int:
    """`AIRFLOW_ECS_CLEAN_AFTER_DAYS`.

    Raises:
        PermanentError: not a whole number above 0.
    """
    text = environ.get(DAYS_VARIABLE, "")
    if not text.isdecimal() or not int(text):
        raise PermanentError(f"{DAYS_VARIABLE} must be a whole number above 0; got {text!r}")
    return int(text)


def command(before: datetime) -> list[str]:
    """The program that deletes; it is one of its own so that its time can be limited."""
    return [sys.executable, "-m", "airflow_ecs_image.table_cleanup", before.isoformat()]


def _clean(environ: Mapping[str, str], before: datetime) -> int:
    with database.connect(environ["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]) as lock:
        lock.autocommit = True
        held = lock.execute("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()
        if held != (True,):
            _log("another cleaning is at work: nothing to do")
            return 0
        started = time.monotonic()
        try:
            code = subprocess.run(command(before), check=False, timeout=MAX_SECONDS).returncode
        except subprocess.TimeoutExpired:
            return _failed(f"not done within {MAX_SECONDS} s; the next run goes on")
        if code == TABLES_FAILED:
            return 1
        if code:
            return _failed(f"the program that deletes ended with {code}; its error is above")
        _log(f"done: rows from before {before.isoformat()} are gone, in {time.monotonic() - started:.0f} s")
    return 0


def _failed(reason: str) -> int:
    sys.stderr.write(f"clean: failed: {reason}\n")
    return 1


def _log(line: str) -> None:
    sys.stderr.write(f"clean: {line}\n")
    sys.stderr.flush()
