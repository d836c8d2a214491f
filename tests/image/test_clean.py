"""The cleaning of the database, by the image's real command on a real PostgreSQL."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_ecs_image import clean
from airflow_ecs_image.errors import PermanentError
from components.model import image_contract as image
from tests.image import servers
from tests.image.cluster import Cluster
from tests.image.services import RunningService

pytestmark = [pytest.mark.airflow, pytest.mark.long, pytest.mark.timeout(900)]

FOLDER = Path(__file__).parent
DAYS = 30
AGES_DAYS = (DAYS + 1, DAYS - 1)
RUN = (
    "INSERT INTO dag_run (dag_id, run_id, run_type, state, start_date, run_after, clear_number, span_status)"
    " VALUES ('aged', %s, 'manual', 'success', %s, %s, 0, 'ended')"
)
LOG = "INSERT INTO log (event, extra, dttm) VALUES ('aged', %s, %s)"


@pytest.fixture
def aged(cluster: Cluster) -> Iterator[Cluster]:
    """A database with an old and a young row each in a table of runs and of events."""
    moments = [datetime.now(UTC) - timedelta(days=age) for age in AGES_DAYS]
    with servers.connect(cluster.database) as connection:
        for age, moment in zip(AGES_DAYS, moments, strict=True):
            connection.execute(RUN, (f"run-{age}", moment, moment))
            connection.execute(LOG, (json.dumps({"age": age}), moment))
    yield cluster
    with servers.connect(cluster.database) as connection:
        connection.execute("DELETE FROM dag_run WHERE dag_id = 'aged'")
        connection.execute("DELETE FROM log WHERE event = 'aged'")


def ages(cluster: Cluster) -> list[list[int]]:
    """The ages in days of the rows that are left, by table."""
    with servers.connect(cluster.database) as connection:
        runs = connection.execute("SELECT substr(run_id, 5) FROM dag_run WHERE dag_id = 'aged'")
        logs = connection.execute("SELECT extra::json ->> 'age' FROM log WHERE event = 'aged'")
        return [sorted((int(value) for (value,) in found), reverse=True) for found in (runs, logs)]


def run(cluster: Cluster, after_days: str = str(DAYS)) -> tuple[int, RunningService]:
    """Clean: (exit code, what ran)."""
    service = cluster.service("maintenance", {clean.DAYS_VARIABLE: after_days})
    return service.run(*image.CLEAN_COMMAND), service


def test_old_rows_go_and_young_ones_stay(aged: Cluster) -> None:
    """Of runs and of events; no copy of them stays behind."""
    assert ages(aged) == [[31, 29]] * 2
    code, service = run(aged)
    assert code == 0, service.text()
    assert service.last_line().startswith("clean: done: rows from before ")
    assert ages(aged) == [[29]] * 2
    with servers.connect(aged.database) as connection:
        tables = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE tablename LIKE '\\_airflow\\_deleted%'"
        )
        assert tables.fetchone() == (0,)


def test_a_table_that_cannot_be_cleaned_fails_the_task(aged: Cluster) -> None:
    """Airflow's own exit code would be 0; what can be cleaned, is."""
    with servers.connect(aged.database) as connection:
        connection.execute("REVOKE DELETE ON log FROM airflow")
        try:
            code, service = run(aged)
        finally:
            connection.execute("GRANT DELETE ON log TO airflow")
    assert (code, service.last_line()) == (
        1,
        "clean: failed: log: permission denied for table log",
    )
    assert ages(aged) == [[29], [31, 29]]


def test_what_is_in_use_stays_and_is_named(cluster: Cluster) -> None:
    """Airflow's own command ends at `aged_gone`, and deletes the tasks and triggers of `aged_at_work`."""
    with servers.connect(cluster.database) as connection:
        connection.execute((FOLDER / "aged.sql").read_bytes())
        try:
            code, service = run(cluster)
            left = [row for (row,) in connection.execute((FOLDER / "aged-left.sql").read_bytes())]
        finally:
            connection.execute((FOLDER / "aged-delete.sql").read_bytes())
    assert code == 0, service.text()
    assert left == [
        "backfill aged_gone",
        *("dag aged_asleep", "dag aged_at_work", "dag aged_gone", "dag aged_versions"),
        *("run at_work", "run gone", "run versions"),
        "stored fresh",
        *("task at_work first", "task at_work waits", "task gone never"),
        *("trigger aged_asset", "trigger aged_callback", "trigger aged_task"),
        *(
            "version aged_at_work 1",
            "version aged_gone 1",
            "version aged_versions 1",
            "version aged_versions 3",
        ),
        "watcher aged",
        "xcom at_work",
    ]
    dags = ("aged_asleep", "aged_at_work", "aged_gone", "aged_versions")
    why = "runs that are kept need them"
    lines = [line for line in service.text().splitlines() if line.startswith("clean: kept: ")]
    assert lines == [
        "clean: kept: dag_run: 1 of aged_at_work: they have not ended",
        "clean: kept: task_instance: 2 of aged_at_work: their runs have not ended",
        "clean: kept: xcom: 1 of aged_at_work: their runs have not ended",
        "clean: kept: trigger: 3: deferred tasks, assets or callbacks wait for them",
        "clean: kept: dag_version: 1 of aged_versions: runs need them",
        f"clean: kept: dag: 4 of {', '.join(dags)}: their files are not known to be gone, or {why}",
        "clean: kept: backfill: 1 of aged_gone: runs refer to them",
    ]


def test_every_table_whose_rows_refuse_a_deletion_is_known(cluster: Cluster) -> None:
    """A newer Airflow may have one more: what it refers to is in use as well (`table_cleanup.IN_USE`)."""
    with servers.connect(cluster.database) as connection:
        found = connection.execute(
            "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
            " WHERE contype = 'f' AND confdeltype IN ('a', 'r')"
            " AND NOT starts_with(conrelid::regclass::text, 'ab_') ORDER BY 1, 2"
        ).fetchall()
    cleaned = [("callback", "trigger"), ("dag_run", "backfill"), ("task_instance", "dag_version")]
    assert found == sorted([*cleaned, ("dag", "dag_bundle"), ("dag_run", "log_template")])


def test_two_do_not_clean_at_once(aged: Cluster) -> None:
    """A schedule may fire twice; the second has nothing to do, and says so."""
    with servers.connect(aged.database) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (clean.LOCK,))
        code, service = run(aged)
    assert (code, service.last_line()) == (0, "clean: another cleaning is at work: nothing to do")
    assert ages(aged) == [[31, 29]] * 2


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "ninety"])
def test_days_that_are_none_are_refused(text: str) -> None:
    """A wrong number would delete what is wanted."""
    with pytest.raises(PermanentError, match="must be a whole number above 0; got"):
        clean.days({clean.DAYS_VARIABLE: text})


def test_a_database_that_is_not_there_fails_the_task(capsys: pytest.CaptureFixture[str]) -> None:
    """With one line that says where and why."""
    url = "postgresql+psycopg://airflow:x@127.0.0.1:1/airflow"
    assert clean.main({clean.DAYS_VARIABLE: "90", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": url}) == 1
    assert capsys.readouterr().err.startswith("clean: failed: database 127.0.0.1:1: ")
