"""The image's own command that encrypts everything again, on a real PostgreSQL, while others write.

Not proved: that no service writes with the former key any more. `airflow-ecs rotate` sees to that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg import sql

from components.model import image_contract as image
from tests.helpers.polling import wait_for
from tests.image import servers
from tests.image.cluster import Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

CONNECTIONS, VARIABLES, TRIGGERS = 1000, 250, 150
CONNECTION = (
    "INSERT INTO connection (conn_id, conn_type, password, extra, is_encrypted, is_extra_encrypted)"
    " VALUES (%s, 'http', %s, %s, true, true)"
)
VARIABLE = "INSERT INTO variable (key, val, is_encrypted) VALUES (%s, %s, true)"
TRIGGER = "INSERT INTO trigger (classpath, kwargs, created_date) VALUES (%s, %s, now())"
ENCRYPTED = (
    "SELECT password FROM connection WHERE conn_id LIKE 'rotated-%'"
    " UNION ALL SELECT extra FROM connection WHERE conn_id LIKE 'rotated-%'"
    " UNION ALL SELECT val FROM variable WHERE key LIKE 'rotated-%'"
    " UNION ALL SELECT kwargs FROM trigger WHERE classpath LIKE 'rotated-%'"
)
BUSY = "UPDATE variable SET val = %s WHERE key = 'rotated-100'"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%variable%'"


@dataclass
class Rows:
    """Rows that a former key encrypted; the cluster's key is the new one."""

    cluster: Cluster
    former: Fernet
    keys: str

    def rotate(self, keys: str) -> RunningService:
        """Start the command as the scheduler's one-off task has it."""
        service = self.cluster.service("scheduler", {"AIRFLOW__CORE__FERNET_KEY": keys})
        service.start(*image.ROTATE_FERNET_KEY_COMMAND)
        return service

    def values(self) -> list[str]:
        """Everything that is encrypted."""
        with servers.connect(self.cluster.database) as connection:
            return [value for (value,) in connection.execute(ENCRYPTED)]


@pytest.fixture
def rows(cluster: Cluster) -> Iterator[Rows]:
    """More than some batches of each kind."""
    key = Fernet.generate_key()
    former = Fernet(key)
    token = former.encrypt(b"secret").decode()
    with servers.connect(cluster.database) as connection, connection.cursor() as cursor:
        names = [f"rotated-{number}" for number in range(CONNECTIONS)]
        cursor.executemany(CONNECTION, [(name, token, token) for name in names])
        cursor.executemany(VARIABLE, [(name, token) for name in names[:VARIABLES]])
        cursor.executemany(TRIGGER, [(name, token) for name in names[:TRIGGERS]])
    yield Rows(cluster, former, f"{cluster.keys['fernet']},{key.decode()}")
    with servers.connect(cluster.database) as connection:
        for table, column in (("connection", "conn_id"), ("variable", "key"), ("trigger", "classpath")):
            like = sql.Identifier(table), sql.Identifier(column)
            connection.execute(sql.SQL("DELETE FROM {} WHERE {} LIKE 'rotated-%'").format(*like))


def _waits(connection: psycopg.Connection) -> bool:
    return connection.execute(WAITING).fetchone() == (1,)


def test_everything_is_encrypted_with_the_new_key_and_nothing_is_lost(rows: Rows) -> None:
    """What somebody writes meanwhile stays: the command waits for that row, and reads what is there then."""
    new = Fernet(rows.cluster.keys["fernet"])
    database = rows.cluster.database
    with servers.connect(database) as writer, servers.connect(database) as observer:
        with writer.transaction():
            writer.execute(BUSY, (new.encrypt(b"written meanwhile").decode(),))
            service = rows.rotate(rows.keys)
            wait_for("the command waits for the row", lambda: _waits(observer), 60)
        assert service.process is not None
        assert service.process.wait(120) == 0, service.text()
    assert "1000 of connection, 0 of connection_test_request, 150 of trigger, 250 of variable" in (
        service.last_line()
    )
    values = [new.decrypt(value) for value in rows.values()]
    assert sorted({*values}) == [b"secret", b"written meanwhile"]
    assert values.count(b"written meanwhile") == 1
    assert len(values) == 2 * CONNECTIONS + VARIABLES + TRIGGERS


def test_a_row_of_another_key_is_named(rows: Rows) -> None:
    """As where a key was dropped too early: exit code 1, the row, and no value."""
    service = rows.rotate(rows.cluster.keys["fernet"])
    assert service.process is not None
    assert service.process.wait(120) == 1
    assert service.last_line().startswith("rotate-fernet-key: failed: the row ")
    assert service.last_line().endswith(" of connection is encrypted with another key")
