"""Airflow's role, made by a master user as weak as RDS's on a real PostgreSQL, and what it cannot do.

What this does not prove: anything about RDS's own roles and limits, and about PostgreSQL versions other than
the installed one.
"""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import psycopg
import pytest

from airflow_ecs_image import database_role
from airflow_ecs_image.errors import NotReadyError, PermanentError
from tests.image import servers
from tests.image.certificates import Authority
from tests.image.cluster import address

CA = "/opt/airflow/certs/database.pem"
NEXT_PASSWORD = "another p@ss:w/o#r%d?$x"
TRAP = """
CREATE FUNCTION public.pg_advisory_xact_lock(integer) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN CREATE ROLE trapped; END $$
"""
"""PostgreSQL has such a function for `bigint` only, and so prefers this one wherever it finds it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Server]:
    """A PostgreSQL with an empty database."""
    folder = tmp_path_factory.mktemp("role")
    authority = Authority.make("the test's CA")
    (folder / "ca.pem").write_text(authority.pem())
    started = servers.postgresql(folder / "postgresql", address(6), authority)
    yield started
    started.stop()


def url(server: servers.Server, *, user: str = "airflow", password: str = servers.PASSWORD) -> str:
    """The URL as the migration has it, with the CA of this test."""
    ca = str(server.log.parents[1] / "ca.pem")
    return servers.metadata_url(server, user=user, password=password).replace(CA, quote(ca))


def ensure(server: servers.Server, password: str = servers.PASSWORD) -> None:
    """What the migration's entrypoint does."""
    database_role.ensure(url(server, password=password), servers.MASTER_SECRET)


@pytest.fixture
def owned(server: servers.Server) -> servers.Server:
    """The server after a migration's beginning."""
    ensure(server)
    return server


ATTRIBUTES = (
    "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
    " FROM pg_roles WHERE rolname = %s"
)


def attributes(server: servers.Server, role: str) -> tuple[bool, ...] | None:
    """What a role may do by itself: log in, be a superuser, create roles, create databases, replicate, ..."""
    with servers.connect(server, "rds") as connection:
        return connection.execute(ATTRIBUTES, (role,)).fetchone()


def memberships(server: servers.Server) -> list[str]:
    """The roles whose rights Airflow's role has."""
    with servers.connect(server, "rds") as connection:
        found = connection.execute(
            "SELECT roleid::regrole::text FROM pg_auth_members WHERE member = 'airflow'::regrole"
        )
        return [name for (name,) in found]


def test_the_master_user_is_as_weak_as_rdss(server: servers.Server) -> None:
    """The tests below prove nothing with a superuser."""
    assert attributes(server, servers.MASTER) == (True, False, True, True, False, False)


def test_the_role_owns_its_database_and_is_nothing_else(owned: servers.Server) -> None:
    """It logs in and creates tables; a superuser, creator of roles or member of another role it is not."""
    assert attributes(owned, "airflow") == (True, False, False, False, False, False)
    assert memberships(owned) == []
    with servers.connect(owned) as connection:
        connection.execute("CREATE TABLE made (i int)")
        connection.execute("DROP TABLE made")
        connection.execute("CREATE SCHEMA made")
        connection.execute("DROP SCHEMA made")
        owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        assert connection.execute(owner).fetchone() == ("airflow",)


def test_nobody_else_gets_in(owned: servers.Server) -> None:
    """What PostgreSQL gives everybody on a database and, before version 15, on its schema is taken away."""
    with servers.connect(owned, "rds") as connection:
        connection.execute(f"CREATE ROLE stranger LOGIN PASSWORD '{servers.PASSWORD}'")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                servers.connect(owned, "stranger")
            allowed = connection.execute(
                "SELECT has_database_privilege('stranger', 'airflow', 'TEMP'),"
                " has_schema_privilege('stranger', 'public', 'CREATE')"
            ).fetchone()
            assert allowed == (False, False)
        finally:
            connection.execute("DROP ROLE stranger")


def test_a_changed_password_is_in_effect_and_the_old_one_is_not(owned: servers.Server) -> None:
    """With whatever a password may hold; the server is given its hash."""
    ensure(owned, NEXT_PASSWORD)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        servers.connect(owned)
    servers.connect(owned, password=NEXT_PASSWORD).close()
    ensure(owned)
    servers.connect(owned).close()


def test_no_password_reaches_the_servers_log(owned: servers.Server) -> None:
    """Not even where it logs every statement."""
    with servers.connect(owned, "rds") as connection:
        connection.execute("ALTER ROLE dbadmin SET log_statement = 'all'")
        try:
            ensure(owned)
        finally:
            connection.execute("ALTER ROLE dbadmin RESET log_statement")
    log = owned.log.read_text()
    assert 'ALTER ROLE "airflow" LOGIN' in log
    assert servers.PASSWORD not in log


def test_a_role_that_is_missing_is_made_by_two_migrations_at_once(server: servers.Server) -> None:
    """The second one finds the first one's."""
    with servers.connect(server, "rds") as connection:
        connection.execute("ALTER DATABASE airflow OWNER TO dbadmin")
        connection.execute("DROP OWNED BY airflow")
        connection.execute("DROP ROLE airflow")
    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(ensure, server) for _ in range(4)]:
            done.result()
    assert attributes(server, "airflow") == (True, False, False, False, False, False)


@pytest.mark.parametrize(
    "statement",
    [
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "CREATE TEMP TABLE t (line text); COPY t FROM '/etc/passwd'",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT pg_ls_dir('/')",
        "SELECT lo_import('/etc/passwd')",
        "SELECT * FROM pg_authid",
        "CREATE ROLE helper",
        "CREATE DATABASE another",
        "ALTER ROLE airflow SUPERUSER",
        "ALTER ROLE airflow CREATEROLE",
        "ALTER ROLE dbadmin PASSWORD 'mine'",
        "GRANT pg_read_server_files TO airflow",
        "GRANT pg_execute_server_program TO airflow",
        "GRANT rds_superuser TO airflow",
        "GRANT dbadmin TO airflow",
        "SET ROLE rds_superuser",
        "SET ROLE dbadmin",
        "ALTER SYSTEM SET log_statement = 'all'",
        "CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()",
        "CREATE FUNCTION g() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
    ],
)
def test_code_of_a_dag_gains_nothing_with_the_database(owned: servers.Server, statement: str) -> None:
    """Neither the server's files and programs, nor other roles: what it could with a master user's URL."""
    with servers.connect(owned) as connection:
        connection.execute("CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
        try:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        finally:
            connection.execute("DROP FUNCTION f()")
    assert memberships(owned) == []


def test_a_trap_in_the_database_does_not_catch_the_master_user(owned: servers.Server) -> None:
    """Functions of the owner, and its settings of a session; a session without its own is caught."""
    with servers.connect(owned) as connection:
        connection.execute(TRAP)
        try:
            with servers.connect(owned, servers.MASTER) as master:
                master.execute("SELECT pg_advisory_xact_lock(1)")
                assert attributes(owned, "trapped")
                master.execute("DROP ROLE trapped")
            connection.execute("ALTER DATABASE airflow SET search_path = public, pg_catalog")
            connection.execute("ALTER DATABASE airflow SET role = airflow")
            ensure(owned)
            assert attributes(owned, "trapped") is None
        finally:
            connection.execute("DROP FUNCTION public.pg_advisory_xact_lock(integer)")
            connection.execute("ALTER DATABASE airflow RESET ALL")


@pytest.mark.parametrize(
    ("master", "reason"),
    [
        ("dbadmin:hunter2", "AIRFLOW_ECS_DATABASE_MASTER is not a JSON of username and password"),
        ('{"username": "dbadmin"}', "AIRFLOW_ECS_DATABASE_MASTER is not a JSON of username and password"),
        ('["hunter2"]', "AIRFLOW_ECS_DATABASE_MASTER is not a JSON of username and password"),
        ('{"username": "dbadmin", "password": "hunter2"}', "it refuses the password of user dbadmin"),
    ],
)
def test_wrong_credentials_are_refused_in_one_line(server: servers.Server, master: str, reason: str) -> None:
    """Without what was given."""
    with pytest.raises(PermanentError) as refused:
        database_role.ensure(url(server), master)
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_user_who_may_not_make_roles_is_refused_in_one_line(owned: servers.Server) -> None:
    """In the server's words, without the statement, which has the password's hash."""
    airflow = json.dumps({"username": "airflow", "password": servers.PASSWORD})
    for user, reason in (("another", "permission denied to create role"), ("dbadmin", "permission denied")):
        with pytest.raises(PermanentError) as refused:
            database_role.ensure(url(owned, user=user), airflow)
        assert f"database {owned.address}:5432: Airflow's role cannot be made: {reason}" in str(refused.value)
        assert "\n" not in str(refused.value)
        assert "SCRAM" not in str(refused.value)


def test_a_lock_of_another_session_is_waited_for(
    server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not for ever at a time: the entrypoint logs what it waits for, and gives up at its own limit."""
    monkeypatch.setattr(
        database_role, "SESSION", re.sub(r"lock_timeout=\d+s", "lock_timeout=100ms", database_role.SESSION)
    )
    with servers.connect(server, "rds") as other:
        other.execute("SELECT pg_advisory_lock(%s)", (database_role.LOCK,))
        with pytest.raises(NotReadyError, match="another session holds a lock"):
            ensure(server)


SECOND = "airflow_2"


@pytest.fixture
def two_logins(server: servers.Server) -> Iterator[servers.Server]:
    """The server in the middle of a rotation; afterwards it is as at the beginning."""
    ensure(server)
    database_role.ensure(
        url(server, user=SECOND, password=NEXT_PASSWORD), servers.MASTER_SECRET, [SECOND, "airflow"]
    )
    yield server
    ensure(server)
    assert attributes(server, SECOND) is None, "a file from before the rotation leaves no login behind"


def test_two_passwords_are_valid_while_services_are_replaced(two_logins: servers.Server) -> None:
    """Each with a login of its own, which begins as the owner; so what either makes is the owner's."""
    assert attributes(two_logins, SECOND) == (True, False, False, False, False, False)
    with (
        servers.connect(two_logins) as first,
        servers.connect(two_logins, SECOND, password=NEXT_PASSWORD) as next_,
    ):
        assert next_.execute("SELECT session_user::text, current_user::text").fetchone() == (
            SECOND,
            "airflow",
        )
        next_.execute("CREATE TABLE made (i int)")
        first.execute("ALTER TABLE made ADD COLUMN j int")
        next_.execute("DROP TABLE made")
    assert memberships(two_logins) == []


def test_a_former_login_is_refused_and_its_sessions_end(two_logins: servers.Server) -> None:
    """The owner too, if it is the former one: it stays as the owner, and logs in no more."""
    with servers.connect(two_logins) as former:
        again = url(two_logins, user=SECOND, password=NEXT_PASSWORD)
        database_role.ensure(again, servers.MASTER_SECRET, [SECOND])
        with pytest.raises(psycopg.OperationalError, match="terminating connection"):
            former.execute("SELECT 1")
    with pytest.raises(
        psycopg.OperationalError, match=r"not permitted to log in|password authentication failed"
    ):
        servers.connect(two_logins)
    assert attributes(two_logins, "airflow") == (False, False, False, False, False, False)
    third = url(two_logins, user="airflow_3", password=servers.PASSWORD)
    database_role.ensure(third, servers.MASTER_SECRET, ["airflow_3", SECOND])
    database_role.ensure(third, servers.MASTER_SECRET, ["airflow_3"])
    assert attributes(two_logins, SECOND) is None
    with servers.connect(two_logins, "airflow_3") as connection:
        owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = current_database()"
        assert connection.execute(owner).fetchone() == ("airflow",)


def test_roles_of_others_stay(two_logins: servers.Server) -> None:
    """Whatever they are called, and though they are members of the owner."""
    with servers.connect(two_logins, "rds") as connection:
        connection.execute("CREATE ROLE airflow_reader LOGIN IN ROLE airflow")
        ensure(two_logins)
        assert attributes(two_logins, "airflow_reader") == (True, False, False, False, False, False)
        connection.execute("DROP ROLE airflow_reader")


@pytest.mark.parametrize(
    "statement", ["SET ROLE dbadmin", "ALTER ROLE airflow CREATEROLE", "CREATE ROLE helper"]
)
def test_another_login_gains_nothing_either(two_logins: servers.Server, statement: str) -> None:
    """It is a member of the owner, and of nobody else."""
    with servers.connect(two_logins, SECOND, password=NEXT_PASSWORD) as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())
        connection.execute("RESET ROLE")
        assert connection.execute("SELECT current_user::text").fetchone() == ("airflow",)
