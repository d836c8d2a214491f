"""URLs, errors and schema revisions, without a server."""

from pathlib import Path

import pytest

from airflow_ecs_image import database
from airflow_ecs_image.errors import NotReadyError, PermanentError

URL = "postgresql://air%24flow:p%40ss@db.example:5433/airflow?sslmode=verify-full&sslrootcert=/certs/database.pem"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:p@h/d",
        "postgres://u:p@h/d",
        "postgresql://u:p@h/d",
    ],
)
def test_every_spelling_becomes_libpqs(url: str) -> None:
    """SQLAlchemy's and the plain one."""
    assert database.libpq_url(url) == "postgresql://u:p@h/d"


def test_another_database_is_refused_without_telling_the_password() -> None:
    """A wrong secret must not end in a log."""
    with pytest.raises(PermanentError) as refused:
        database.libpq_url("mysql://user:hunter2@h/d")
    assert "mysql://..." in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "rest",
    [
        "//u:hun%zzter2@h/d",
        "//u:hunter2@[h/d",
        "//u:hunter2/x@h/d",
        "//u:hun ter2@h/d",
        "//u:p@h:hunter2/d",
        "",
    ],
)
def test_a_url_that_nobody_understands_is_in_no_message(rest: str) -> None:
    """Neither libpq's words nor Python's, which repeat what they do not understand."""
    with pytest.raises(PermanentError) as refused:
        database.connect(f"postgresql+psycopg:{rest}" if rest else "u:hunter2@h")
    assert "ter2" not in str(refused.value)
    assert "postgresql+psycopg://" in str(refused.value)


@pytest.mark.parametrize(
    ("message", "advice"),
    [
        ("SSL error: certificate verify failed", "not signed by a CA in /certs/database.pem"),
        (
            'root certificate file "/certs/database.pem" does not exist Either',
            "CA file /certs/database.pem is not in",
        ),
        ('server certificate for "a" does not match host name "b"', "is for another name"),
        ('FATAL: password authentication failed for user "x"', "refuses the password of user air%24flow"),
        ('FATAL: database "airflow" does not exist', "has no database airflow"),
        ('FATAL: no pg_hba.conf entry for host "1.2.3.4", no encryption', "Use sslmode=verify-full"),
    ],
)
def test_a_permanent_error_states_the_remedy(message: str, advice: str) -> None:
    """Place, reason and remedy; never the password."""
    error = database.permanent_error(message, URL)
    assert error is not None
    assert error.startswith("database db.example:5433: ")
    assert advice in error
    assert "p%40ss" not in error


@pytest.mark.parametrize(
    "message",
    [
        "connection refused",
        "timeout expired",
        "FATAL: the database system is starting up",
        "FATAL: sorry, too many clients already",
        "could not translate host name",
    ],
)
def test_a_transient_error_is_waited_for(message: str) -> None:
    """A failover heals by itself."""
    assert database.permanent_error(message, URL) is None


def test_heads_are_read_from_the_scripts(tmp_path: Path) -> None:
    """Airflow writes both quotes, annotations and merges."""
    (tmp_path / "0001_a.py").write_text('revision = "aa"\ndown_revision = None\n')
    (tmp_path / "0002_b.py").write_text("revision: str = 'bb'\ndown_revision: str | None = 'aa'\n")
    (tmp_path / "0003_c.py").write_text('revision = "cc"\ndown_revision = "aa"\n')
    (tmp_path / "0004_d.py").write_text('revision = "dd"\ndown_revision = ("bb", "cc")\n')
    (tmp_path / "__init__.py").write_text("")
    assert database.revisions(tmp_path) == (frozenset({"aa", "bb", "cc", "dd"}), frozenset({"dd"}))


KNOWN, HEADS = frozenset({"old", "head"}), frozenset({"head"})


def test_a_schema_at_head_passes() -> None:
    """Nothing raised."""
    database.schema_error("alembic_version", ["head"], KNOWN, HEADS)


@pytest.mark.parametrize("found", [[], ["old"]])
def test_a_schema_behind_is_waited_for(found: list[str]) -> None:
    """The migration is under way, or not started."""
    with pytest.raises(NotReadyError, match=r"alembic_version is at (nothing|old), wanted head"):
        database.schema_error("alembic_version", found, KNOWN, HEADS)


def test_a_schema_of_a_newer_airflow_is_refused() -> None:
    """A rollback of the image does not roll the database back."""
    with pytest.raises(PermanentError, match=r"at future, which this image does not know: a newer Airflow"):
        database.schema_error("alembic_version", ["future"], KNOWN, HEADS)
