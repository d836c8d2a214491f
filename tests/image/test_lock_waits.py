"""Waits for locks on a real PostgreSQL: bounded, repeated, and with the holder's name.

What this does not prove: that Airflow's sessions are bound, which needs SQLAlchemy: `test_services.py`.
"""

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

from airflow_ecs_image.lock_waits import LockedError, LockWaits
from tests.image import servers
from tests.image.certificates import Authority
from tests.image.cluster import address

TIMEOUT_SECONDS = 0.4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """A PostgreSQL with a table of one row."""
    folder = tmp_path_factory.mktemp("locks")
    started = servers.postgresql(folder / "postgresql", address(7), Authority.make("the test's CA"))
    with servers.connect(started, "rds") as connection:
        connection.execute("CREATE TABLE work (number int)")
        connection.execute("INSERT INTO work VALUES (1)")
        connection.execute("ALTER TABLE work OWNER TO airflow")
        connection.execute("GRANT ALL ON work TO dbadmin")
    yield started
    started.stop()


@pytest.fixture
def ours(server: servers.Server) -> Iterator[psycopg.Connection]:
    """The session of the migration."""
    with servers.connect(server) as connection:
        yield connection


@pytest.fixture
def log() -> list[str]:
    """What is logged."""
    return []


@pytest.fixture
def waits(server: servers.Server, ours: psycopg.Connection, log: list[str]) -> Iterator[LockWaits]:
    """Its waits, observed."""
    with servers.connect(server) as observer:
        waits = LockWaits(observer, log.append, timeout_seconds=TIMEOUT_SECONDS, pause_seconds=0)
        waits.bound(ours)
        with waits.observed():
            yield waits


def refusal(waits: LockWaits, ours: psycopg.Connection, statement: LiteralString) -> str:
    """What is reported of a statement that gets no lock."""
    with pytest.raises(LockedError) as refused:
        waits.repeated("schema", lambda: ours.execute(statement), again="run it again", tries=2)
    return str(refused.value)


def test_the_session_that_holds_a_table_is_named(
    server: servers.Server, ours: psycopg.Connection, waits: LockWaits, log: list[str]
) -> None:
    """With the lock, its age, and what to do; each try is logged."""
    with servers.connect(server) as other:
        other.execute("SET application_name = 'psql'")
        other.execute("BEGIN")
        other.execute("LOCK TABLE work IN SHARE MODE")
        row = other.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS')").fetchone()
        text = refusal(waits, ours, "ALTER TABLE work ADD COLUMN more int")
        pid = other.info.backend_pid
    assert row is not None
    assert text == (
        f"session {pid} (user airflow, application psql, client 127.0.0.1, idle in transaction, in a "
        f"transaction since {row[0]} UTC) holds a lock (ShareLock) on work. "
        f"End that session (SELECT pg_terminate_backend({pid})) or wait for it; then run it again"
    )
    assert [line.partition(": ")[0] + line.rpartition(";")[2] for line in log] == [
        "schema try 1 of 2",
        "schema try 2 of 2",
    ]


def test_what_the_asking_role_may_not_see_is_left_out(
    server: servers.Server, ours: psycopg.Connection, waits: LockWaits
) -> None:
    """PostgreSQL shows state, times and client of another role's session to few."""
    with servers.connect(server, "dbadmin") as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE work IN ACCESS SHARE MODE")
        text = refusal(waits, ours, "ALTER TABLE work ADD COLUMN more int")
        pid = other.info.backend_pid
    assert text.startswith(f"session {pid} (user dbadmin) holds a lock (AccessShareLock) on work. End that")


def test_a_row_and_an_advisory_lock_name_their_session_too(
    server: servers.Server, ours: psycopg.Connection, waits: LockWaits
) -> None:
    """They are on no table that PostgreSQL could name."""
    with servers.connect(server) as other:
        other.execute("SELECT pg_advisory_lock(5)")
        other.execute("BEGIN")
        other.execute("UPDATE work SET number = 2")
        for statement in ("UPDATE work SET number = 3", "SELECT pg_advisory_lock(5)"):
            text = refusal(waits, ours, statement)
            assert text.startswith(f"session {other.info.backend_pid} (user airflow, ")
            assert " holds a lock. End that session" in text


@pytest.mark.parametrize("raised", [True, False])
def test_a_lock_that_is_released_in_time_fails_nothing(
    server: servers.Server, ours: psycopg.Connection, waits: LockWaits, log: list[str], *, raised: bool
) -> None:
    """Whether the error of the first try is raised, or logged and forgotten as Flask-AppBuilder does."""
    with servers.connect(server) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE work")

        def read() -> None:
            if log:
                other.execute("ROLLBACK")
            try:
                ours.execute("SELECT * FROM work")
            except psycopg.Error as error:
                waits.failed(error)
                if raised:
                    raise

        waits.repeated("administrator", read, again="", tries=2)
    assert len(log) == 1


def test_other_errors_are_not_repeated(ours: psycopg.Connection, waits: LockWaits, log: list[str]) -> None:
    """They are raised as they are."""
    with pytest.raises(psycopg.errors.UndefinedTable):
        waits.repeated("schema", lambda: ours.execute("SELECT * FROM missing"), again="")
    assert log == []
