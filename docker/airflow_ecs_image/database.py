"""The PostgreSQL behind a SQLAlchemy URL: reach it, tell passing from permanent errors, read its revision."""

import re
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg
from psycopg import sql

from airflow_ecs_image.errors import NotReadyError, PermanentError

CONNECT_TIMEOUT_SECONDS = 5
PERMANENT_ERRORS = (
    (
        r"certificate verify failed|self[- ]signed certificate",
        (
            "its certificate is not signed by a CA in {ca}. Build the image with the right CA "
            "(EXTRA_CA_CERTIFICATES), or correct sslrootcert in the URL."
        ),
    ),
    (
        r'root certificate file ".*" does not exist',
        "the CA file {ca} is not in the image. Correct sslrootcert in the URL.",
    ),
    (
        r"could not read root certificate file",
        "the CA file {ca} holds no certificate. Build the image again.",
    ),
    (
        r"server certificate for .* does not match host name",
        "its certificate is for another name. Use the name that it was made for.",
    ),
    (
        r"password authentication failed",
        (
            "it refuses the password of user {user}. The secret and the database differ: "
            "run the migration again, then start this task again."
        ),
    ),
    (r'role ".*" does not exist', "it has no role {user}. Run the migration, then start this task again."),
    (r'database ".*" does not exist', "it has no database {database}. Correct the name in the URL."),
    (
        r"no pg_hba.conf entry",
        "it has no rule for user {user} with this kind of connection. Use sslmode=verify-full.",
    ),
    (r"server does not support SSL", "it offers no TLS, which the URL asks for. Turn TLS on there."),
)
NOT_UNDERSTOOD = (
    "database URL is not understood. After postgresql+psycopg:// percent-encode what is special in the user, "
    "the password and the name: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS"
)
"""In place of libpq's own message, which repeats the URL, or the password in it."""
ALEMBIC_REVISION = re.compile(r'^revision\s*(?::\s*str)?\s*=\s*["\'](\w+)["\']', re.MULTILINE)
ALEMBIC_PREVIOUS = re.compile(r"^down_revision\s*(?::[^=]+)?=\s*(.+)$", re.MULTILINE)


def libpq_url(sqlalchemy_url: str) -> str:
    """The URL for libpq, from SQLAlchemy's (`postgresql+psycopg://`)."""
    scheme, separator, rest = sqlalchemy_url.partition("://")
    if not separator or scheme.partition("+")[0] not in ("postgresql", "postgres"):
        got = f"{scheme[:40]}://..." if separator else "none of a URL"
        raise PermanentError(f"database URL must start with postgresql+psycopg://; got {got}")
    url = f"postgresql://{rest}"
    try:
        place(url)
    except ValueError:
        raise PermanentError(NOT_UNDERSTOOD) from None
    return url


def place(url: str) -> dict[str, str]:
    """What may be told of a database URL: host, database, user and CA file, never the password."""
    parts = urlsplit(url)
    return {
        "host": f"{parts.hostname}:{parts.port or 5432}",
        "database": parts.path.lstrip("/"),
        "user": parts.username or "",
        "ca": parse_qs(parts.query).get("sslrootcert", ["(no sslrootcert)"])[0],
    }


def permanent_error(message: str, url: str) -> str | None:
    """One line for an error that waiting does not heal, None for any other. `message` is libpq's."""
    where = place(url)
    for pattern, advice in PERMANENT_ERRORS:
        if re.search(pattern, message):
            return f"database {where['host']}: {advice.format(**where)}"
    return None


def connect(sqlalchemy_url: str) -> psycopg.Connection:
    """Open a connection.

    Raises:
        PermanentError: wrong CA, name, password, role or database.
        NotReadyError: everything else, a name that does not resolve yet included.
    """
    url = libpq_url(sqlalchemy_url)
    try:
        return psycopg.connect(url, connect_timeout=CONNECT_TIMEOUT_SECONDS)
    except psycopg.ProgrammingError:
        raise PermanentError(NOT_UNDERSTOOD) from None
    except psycopg.OperationalError as error:
        message = " ".join(str(error).split())
        if reason := permanent_error(message, url):
            raise PermanentError(reason) from None
        raise NotReadyError(f"database {place(url)['host']}: {message}") from None


def revisions(folder: Path) -> tuple[frozenset[str], frozenset[str]]:
    """(all revisions, heads) of the Alembic scripts in `folder`, read without importing Alembic."""
    known: set[str] = set()
    previous: set[str] = set()
    for script in folder.glob("[0-9]*.py"):
        text = script.read_text()
        known.update(ALEMBIC_REVISION.findall(text))
        for expression in ALEMBIC_PREVIOUS.findall(text):
            previous.update(re.findall(r"[\"'](\w+)[\"']", expression))
    return frozenset(known), frozenset(known - previous)


def version_tables(environ: Mapping[str, str]) -> dict[str, Path]:
    """The tables that hold a schema's revision, each with the folder of its Alembic scripts.

    Airflow's own, and FAB's where it is the auth manager.
    """
    spec = find_spec("airflow")  # finds the folder; importing Airflow costs more than a second of CPU
    if spec is None or not spec.submodule_search_locations:
        raise PermanentError("Airflow is not installed in this program's environment")
    package = Path(spec.submodule_search_locations[0])
    tables = {"alembic_version": package / "migrations/versions"}
    if ".fab." in environ.get("AIRFLOW__CORE__AUTH_MANAGER", ""):
        tables["alembic_version_fab"] = package / "providers/fab/migrations/versions"
    return tables


def schema_error(table: str, found: Iterable[str], known: frozenset[str], heads: frozenset[str]) -> None:
    """Compare the revisions in the database with those of this image.

    Raises:
        NotReadyError: the migration has not come to the head yet.
        PermanentError: a newer image has migrated this database.
    """
    in_database = frozenset(found)
    if strange := in_database - known:
        raise PermanentError(
            f"{table} is at {', '.join(sorted(strange))}, which this image does not know: a newer Airflow "
            "has migrated this database. Deploy that image again, or restore the snapshot made before.",
        )
    if in_database != heads:
        where = ", ".join(sorted(in_database)) or "nothing"
        wanted = ", ".join(sorted(heads))
        raise NotReadyError(f"{table} is at {where}, wanted {wanted}: waiting for the migration")


def check_schema(connection: psycopg.Connection, environ: Mapping[str, str]) -> None:
    """Raise unless every schema is at this image's head (as `schema_error`)."""
    for table, folder in version_tables(environ).items():
        known, heads = revisions(folder)
        schema_error(table, _column(connection, table), known, heads)


def _column(connection: psycopg.Connection, table: str) -> list[str]:
    row = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    if row is None or row[0] is None:
        return []
    query = sql.SQL("SELECT version_num FROM {}").format(sql.Identifier(table))
    return [str(found) for (found,) in connection.execute(query)]
