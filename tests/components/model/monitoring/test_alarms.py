"""The table of alarms: which a cluster has, when they are muted, and that CloudWatch takes each.

That each fires on its failure is tested on the embedded account.
"""

import dataclasses

import pytest

from airflow_ecs_image import metrics as publisher
from components.model.alarm import Alarm, NameOf
from components.model.aws import database_classes
from components.model.monitoring.alarms import alarms
from components.model.services import metrics, timeouts
from components.model.settings.settings import (
    AlarmsSettings,
    BrokerSettings,
    DatabaseSettings,
    Executor,
    LoadBalancerSettings,
    LogsSettings,
    ServiceSettings,
    Settings,
    WorkerSettings,
)
from components.model.workload.workload import workload
from embedded_aws.account import rds
from embedded_aws.account.authorization import Place
from embedded_aws.account.cloudwatch import alarm_checks
from tests.components.model.samples import SCALED

WATCHED = Settings(alarms=AlarmsSettings(emails=("team@example.com",)))
CELERY = dataclasses.replace(WATCHED, executor=Executor.CELERY)
PLACE = Place("aws", "eu-west-1", "123456789012")


def _table(settings: Settings = WATCHED) -> dict[str, Alarm]:
    found = alarms(workload(settings))
    assert len({alarm.name for alarm in found}) == len(found)
    return {alarm.name: alarm for alarm in found}


@pytest.mark.parametrize("settings", [WATCHED, CELERY], ids=["local", "celery"])
def test_cloudwatch_takes_each_alarm(settings: Settings) -> None:
    """By the embedded account's checks of PutMetricAlarm; the description has room for what to do."""
    for alarm in _table(settings).values():
        namespace = alarm.metric.namespace
        alarm_checks.alarm(
            {
                "AlarmName": f"{'a' * 40}-{alarm.name}-1234567",
                "AlarmDescription": alarm.description,
                "Namespace": "airflow-ecs/a" if isinstance(namespace, NameOf) else namespace,
                "MetricName": alarm.metric.name,
                "Dimensions": [{"Name": name, "Value": "x"} for name in alarm.metric.dimensions],
                "Statistic": alarm.metric.statistic,
                "Period": alarm.period_seconds,
                "EvaluationPeriods": alarm.periods,
                "ComparisonOperator": alarm.comparison.value,
                "Threshold": alarm.threshold,
                "TreatMissingData": alarm.missing.value,
                "AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:topic"],
            },
            PLACE,
        )
        assert alarm.meaning.endswith(".")
        assert alarm.remedy.endswith(".")


def test_alarms_of_what_exists() -> None:
    """Existing databases have their owner's; no executor without a broker has one."""
    assert {name for name in _table() if name.startswith("database-")} == {
        "database-cpu",
        "database-storage",
        "database-memory",
        "database-connections",
    }
    arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-5Xa"
    existing = dataclasses.replace(WATCHED, database=DatabaseSettings(host="db.example.com", secret_arn=arn))
    assert not [name for name in _table(existing) if name.startswith("database-")]
    replica = dataclasses.replace(CELERY, broker=BrokerSettings(replica_count=1))
    assert [name for name in _table(replica) if name.startswith("broker-")] == [
        "broker-memory-1",
        "broker-memory-2",
    ]
    assert not [name for name in _table() if name.startswith("broker-")]
    https = dataclasses.replace(WATCHED, load_balancer=LoadBalancerSettings(domain="airflow.example.com"))
    assert "certificate" in _table(https)
    assert "certificate" not in _table()
    quiet = dataclasses.replace(
        WATCHED, logs=LogsSettings(events=False), alarms=AlarmsSettings(failed_tasks=0)
    )
    assert {"stopped-tasks", "failed-tasks"}.isdisjoint(_table(quiet))


def test_a_service_is_down_without_a_task_or_below_its_count_where_somebody_counts() -> None:
    """Container Insights costs by the metric, so most clusters are without."""
    down = _table(dataclasses.replace(WATCHED, api_server=ServiceSettings(count=2)))["api-server-down"]
    assert (down.metric.namespace, down.metric.statistic, down.threshold) == ("AWS/ECS", "SampleCount", 1)
    counted = dataclasses.replace(WATCHED, api_server=ServiceSettings(count=2), container_insights=True)
    down = _table(counted)["api-server-down"]
    assert (down.metric.name, down.threshold) == ("RunningTaskCount", 2)
    assert down.missing == "breaching"


def test_a_service_may_have_no_task_by_itself() -> None:
    """A group that is scaled to zero is not down; one that somebody else scales has at least one."""
    assert "worker-large-down" not in _table(SCALED)
    assert "worker-small-down" in _table(SCALED)
    elsewhere = WorkerSettings(count=5, scaled_externally=True)
    found = _table(dataclasses.replace(CELERY, worker=elsewhere, container_insights=True))
    assert found["worker-down"].threshold == 1


def test_what_is_stopped_on_purpose_notifies_nobody() -> None:
    """Its alarms stay, so that none is deleted after it fired; the publisher stops with the scheduler."""
    assert not [alarm for alarm in _table().values() if alarm.muted]
    asleep = _table(dataclasses.replace(CELERY, asleep=True))
    silent = {name for name, alarm in asleep.items() if alarm.missing == "breaching"}
    assert silent == {name for name, alarm in asleep.items() if alarm.muted}
    assert asleep.keys() == _table(CELERY).keys()
    stopped = _table(dataclasses.replace(WATCHED, scheduler_stopped=True))
    assert {name for name, alarm in stopped.items() if alarm.muted} == {
        "scheduler-down",
        "scheduler-heartbeat",
        "dag-processor-heartbeat",
        "triggerer-heartbeat",
    }
    scaled = dataclasses.replace(SCALED, asleep=True)
    assert _table(scaled)["worker-small-down"].muted


def test_two_schedulers_send_two_heartbeats() -> None:
    """One that hangs is noticed though its ECS task runs."""
    found = _table(dataclasses.replace(WATCHED, scheduler=ServiceSettings(count=2)))
    assert found["scheduler-heartbeat"].threshold == 2
    assert found["dag-processor-heartbeat"].threshold == 1


def test_a_queued_task_is_noticed_before_it_is_queued_again() -> None:
    """Then its wait begins again, and no alarm would ever fire."""
    alarm = _table()["queued-tasks"]
    assert alarm.threshold + 2 * metrics.STATE_PERIOD_SECONDS <= timeouts.TASK_QUEUED_SECONDS


def test_the_publisher_publishes_what_alarms_watch() -> None:
    """Names and periods of the image are those of the model."""
    assert (publisher.HEARTBEATS, publisher.FAILED_TASKS, publisher.OLDEST_QUEUED) == (
        metrics.HEARTBEATS,
        metrics.FAILED_TASKS,
        metrics.OLDEST_QUEUED,
    )
    assert tuple(publisher.JOBS.values()) == metrics.JOBS
    assert publisher.FAILED_SECONDS == metrics.FAILED_SECONDS
    assert publisher.STATE_INTERVAL_SECONDS == metrics.STATE_PERIOD_SECONDS
    assert len(publisher.JOBS) + 2 == metrics.STATE_METRICS


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [("db.t4g.micro", 1), ("db.m7g.large", 8), ("db.r7g.large", 16), ("db.m7g.2xlarge", 32)],
)
def test_memory_of_database_classes(instance_class: str, gib: int) -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html."""
    assert database_classes.memory_gib(instance_class) == gib


@pytest.mark.parametrize("instance_class", ["db.t4g.micro", "db.t4g.small", "db.m7g.large", "db.r7g.8xlarge"])
def test_the_alarm_on_connections_fires_before_the_database_refuses_one(instance_class: str) -> None:
    """The embedded account's databases have the connections of their class."""
    database = DatabaseSettings(instance_class=instance_class)
    alarm = _table(dataclasses.replace(WATCHED, database=database))["database-connections"]
    assert alarm.threshold <= 0.9 * rds.max_connections(instance_class)
