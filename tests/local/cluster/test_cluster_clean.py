"""The schedule of the stack fires, and old rows are gone; the file of objects is applied."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.helpers.polling import wait_for
from tests.local.cluster.running import Cluster

pytestmark = pytest.mark.cluster

NAME = "airflow-local-maintenance"


def test_the_schedule_cleans_the_database(celery_cluster: Cluster) -> None:
    """As registered, but for the moment: its target starts the task, old rows go, young ones stay."""
    scheduler = celery_cluster.client("scheduler")
    (listed,) = scheduler.list_schedules(NamePrefix=NAME)["Schedules"]
    held = scheduler.get_schedule(Name=listed["Name"])
    assert held["ScheduleExpression"] == "cron(17 4 * * ? *)"
    kept = {key: held[key] for key in ("Name", "FlexibleTimeWindow", "Target")}
    now = datetime.now(UTC)
    with celery_cluster.connect() as connection:
        for event, days in (("old", 91), ("young", 89)):
            query = "INSERT INTO log (event, owner, dttm) VALUES (%s, 'test', %s)"
            connection.execute(query, (event, now - timedelta(days=days)))
    soon = f"at({datetime.now(UTC) + timedelta(seconds=15):%Y-%m-%dT%H:%M:%S})"
    scheduler.update_schedule(**kept, ScheduleExpression=soon)
    try:
        ended = wait_for(
            "the task ended", lambda: celery_cluster.tasks(family=NAME, desiredStatus="STOPPED"), 180
        )
    finally:
        scheduler.update_schedule(**kept, ScheduleExpression=held["ScheduleExpression"])
    (task,) = ended
    wait_for("it stopped", lambda: celery_cluster.tasks(family=NAME, desiredStatus="STOPPED")[0]["stoppedAt"])
    log = celery_cluster.container_log(celery_cluster.outputs["log_groups"]["maintenance"], task["taskArn"])
    assert task["containers"][0]["exitCode"] == 0, log
    assert "clean: done: rows from before" in log
    with celery_cluster.connect() as connection:
        left = connection.execute("SELECT event FROM log WHERE owner = 'test'").fetchall()
    assert left == [("young",)]


def test_the_objects_of_the_file_are_there(celery_cluster: Cluster) -> None:
    """Through S3 and the migration, with nothing done by hand."""
    pool = celery_cluster.api.call("GET", "/pools/weather")
    assert (pool["slots"], pool["description"]) == (4, "The service takes four calls at once")
    connection = celery_cluster.api.call("GET", "/connections/weather")
    assert (connection["conn_type"], connection["host"]) == ("http", "weather.example.com")
    assert celery_cluster.api.call("GET", "/variables/stage")["value"] == "local"
