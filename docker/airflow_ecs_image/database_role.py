"""Airflow's own role: the master user of the cluster's RDS instance makes it, and gives it the database.

The entrypoint does this before Airflow and code of plugins are loaded; nobody else has the master's
credentials. Airflow's role is not trusted: it owns the database, so ALTER DATABASE lets it decide with which
settings sessions begin there. The master's session sets its own, and looks for functions in pg_catalog only.
https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html,
https://www.postgresql.org/docs/current/ddl-schemas.html#DDL-SCHEMAS-PATTERNS

A role has one password. So that two are valid while services are replaced, each further one has a login of
its own, a member of the owner whose sessions begin as the owner: what they make is the owner's.
"""

import json
from collections.abc import Sequence
from urllib.parse import quote, unquote, urlsplit

import psycopg
from psycopg import sql

from airflow_ecs_image import database, lock_waits
from airflow_ecs_image.errors import NotReadyError, PermanentError

VARIABLE = "AIRFLOW_ECS_DATABASE_MASTER"
"""The master user's secret as RDS writes it: JSON of username and password."""
LOGINS_VARIABLE = "AIRFLOW_ECS_DATABASE_LOGINS"
"""All roles that may log in, the URL's first; the owner's name begins each. Without it: the URL's alone."""
SESSION = f"-c search_path=pg_catalog -c role=none -c lock_timeout={lock_waits.TIMEOUT_SECONDS}s"
LOCK = 0x61697265  # "aire": any constant that neither Airflow's own advisory locks nor the migration use
STATEMENTS = (
    # NOSUPERUSER and its like are the defaults, and only a superuser may name them.
    "ALTER ROLE {owner} NOCREATEDB NOCREATEROLE",
    # Who gives a database away must be a member of its new owner.
    "GRANT {owner} TO CURRENT_USER {admin}",
    "ALTER DATABASE {database} OWNER TO {owner}",
    "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
    # Before PostgreSQL 15 everybody may create in public; since then its owner is the database's.
    "GRANT USAGE, CREATE ON SCHEMA public TO {owner}",
    "REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    "ALTER ROLE {login} LOGIN NOCREATEDB NOCREATEROLE PASSWORD {password}",
)
OF_A_LOGIN = (
    "GRANT {owner} TO {login}",
    "ALTER ROLE {login} SET role TO {owner}",
    # Who ends another session must be a member of its role.
    "GRANT {login} TO CURRENT_USER {admin}",
    "COMMENT ON ROLE {login} IS {mark}",
)
MARK = "a login of Airflow"
FORMER = """
SELECT rolname FROM pg_roles
 WHERE rolcanlogin AND rolname <> ALL(%s)
   AND (rolname = %s OR shobj_description(oid, 'pg_authid') = %s)
"""
SESSIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ANY(%s)"
ADMIN_IS_GIVEN = 160000
"""From PostgreSQL 16 on who creates a role has the ADMIN OPTION on it, which changing its password needs, and
cannot be given it again. Before, it must be given for the time after an upgrade.

https://www.postgresql.org/docs/16/release-16.html
"""


def ensure(sqlalchemy_url: str, master: str, logins: Sequence[str] = ()) -> None:
    """Make the role of a database URL, with its password, and let it own its database. May be repeated.

    Args:
        sqlalchemy_url: the URL.
        master: the master user's secret.
        logins: the roles that may log in. Others that were made here go, and their sessions end.

    Raises:
        PermanentError: the master's secret is not RDS's, or the server refuses it or a statement.
        NotReadyError: as `database.connect`; another session holds a lock.
    """
    host = database.place(sqlalchemy_url)["host"]
    with database.connect(master_url(sqlalchemy_url, master)) as connection:
        try:
            _ensure(connection, sqlalchemy_url, logins)
        except psycopg.errors.LockNotAvailable:
            raise NotReadyError(
                f"database {host}: another session holds a lock that making Airflow's role needs"
            ) from None
        except psycopg.DatabaseError as error:
            # Its text would have the statement, and with it the password's hash.
            reason = error.diag.message_primary or type(error).__name__
            raise PermanentError(f"database {host}: Airflow's role cannot be made: {reason}") from None


def master_url(sqlalchemy_url: str, master: str) -> str:
    """The database URL with the master's credentials, and the settings of its session.

    Raises:
        PermanentError: they are not the JSON that RDS writes.
    """
    try:
        secret = json.loads(master)
        login = f"{quote(secret['username'], safe='')}:{quote(secret['password'], safe='')}"
    except (ValueError, KeyError, TypeError):
        raise PermanentError(f"{VARIABLE} is not a JSON of username and password, as RDS writes it") from None
    parts = urlsplit(sqlalchemy_url)
    query = "&".join(filter(None, (parts.query, f"options={quote(SESSION)}")))
    return parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}", query=query).geturl()


def _ensure(connection: psycopg.Connection, sqlalchemy_url: str, logins: Sequence[str]) -> None:
    """Do it in a transaction, all of it or nothing; the logins that go, in another one."""
    parts = urlsplit(sqlalchemy_url)
    login, password = unquote(parts.username or ""), unquote(parts.password or "")
    owner = login.partition("_")[0] if logins else login
    # The server gets a hash: where it logs statements, a password would be in its log.
    hashed = connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()
    admin_is_given = connection.info.server_version >= ADMIN_IS_GIVEN
    names = {
        "owner": sql.Identifier(owner),
        "login": sql.Identifier(login),
        "database": sql.Identifier(unquote(parts.path.lstrip("/"))),
        "password": sql.Literal(hashed),
        "admin": sql.SQL("") if admin_is_given else sql.SQL("WITH ADMIN OPTION"),
        "mark": sql.Literal(MARK),
    }
    # Two at a time would both create it.
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    for role in dict.fromkeys((owner, login)):
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone() is None:
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    for statement in (*STATEMENTS, *(OF_A_LOGIN if login != owner else ())):
        connection.execute(sql.SQL(statement).format(**names))
    former = connection.execute(FORMER, ([*(logins or (login,))], owner, MARK)).fetchall()
    _end(connection, [role for (role,) in former], owner)


def _end(connection: psycopg.Connection, roles: Sequence[str], owner: str) -> None:
    """Let roles log in no more, then end their sessions, which could not begin again; the owner stays."""
    for role in roles:
        connection.execute(sql.SQL("ALTER ROLE {} NOLOGIN PASSWORD NULL").format(sql.Identifier(role)))
    connection.commit()
    connection.execute(SESSIONS, ([*roles],))
    for role in roles:
        if role != owner:
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
