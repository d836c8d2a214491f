"""Monitoring in the whole program, under mocks: alarms, topic, events, dashboard, and what each names.

That AWS accepts them is tested on the embedded account.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from components.model.monitoring.alarms import alarms
from components.model.settings.configuration import parse
from components.model.workload.workload import workload
from tests.helpers.pulumi_mocks import Recording
from tests.helpers.rendered_stacks import VARIANTS, recording
from tests.program import stacks


def _run(**settings: str) -> Recording:
    return stacks.run("dev", stacks.configuration("dev") | settings)


def _dimensions(recorded: Recording, alarm: str) -> Mapping[str, str]:
    return recorded.one("MetricAlarm", alarm).inputs["dimensions"]


def test_an_alarm_in_full() -> None:
    """What people read is in its description; it notifies of its end too."""
    recorded = recording("dev with alarms")
    found = dict(recorded.one("MetricAlarm", "airflow-dev-queued-tasks").inputs)
    (topic,) = {*found.pop("alarmActions"), *found.pop("okActions")}
    assert topic == recorded.exports["alarms_topic_arn"]
    assert found.pop("alarmDescription").startswith("A task has been queued for 8 minutes")
    assert found == {
        "actionsEnabled": True,
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "evaluationPeriods": 1,
        "metricName": "OldestQueuedTask",
        "namespace": "airflow-ecs/airflow-dev",
        "period": 60,
        "statistic": "Maximum",
        "threshold": 480,
        "treatMissingData": "notBreaching",
    }


def test_alarms_are_on_the_resources_of_the_stack() -> None:
    """By the names that CloudWatch has for each."""
    recorded = recording("prod with alarms")
    service = {"ClusterName": "airflow-prod", "ServiceName": "airflow-prod-api-server"}
    assert _dimensions(recorded, "airflow-prod-api-server-down") == service
    database = recorded.one("rds/instance:Instance")
    assert _dimensions(recorded, "airflow-prod-database-cpu") == {"DBInstanceIdentifier": database.name}
    group = recorded.one("ReplicationGroup").name
    for number in (1, 2):
        node = {"CacheClusterId": f"{group}-{number:03}"}
        assert _dimensions(recorded, f"airflow-prod-broker-memory-{number}") == node
    balancer = recorded.one("lb/loadBalancer:LoadBalancer").name
    targets = _dimensions(recorded, "airflow-prod-api-server-unhealthy")
    assert targets["LoadBalancer"] == f"app/{balancer}/0"
    assert targets["TargetGroup"].startswith("targetgroup/airflow-prod-api")
    (arn,) = _dimensions(recorded, "airflow-prod-certificate").values()
    assert arn.startswith("arn:aws:acm:")


@pytest.mark.parametrize("variant", ["dev with alarms", "prod with alarms"])
def test_every_alarm_of_the_table_exists(variant: str) -> None:
    """And those of scaling beside them."""
    base, settings = VARIANTS[variant]
    configured = parse({**stacks.configuration(base), **settings})
    wanted = {f"airflow-{base}-{alarm.name}" for alarm in alarms(workload(configured))}
    made = set(recording(variant).names("MetricAlarm"))
    assert wanted <= made
    assert {name.rpartition("-")[2] for name in made - wanted} <= {"in", "out"}


def test_without_anybody_to_notify_there_is_no_alarm_topic_or_publisher() -> None:
    """Events are logged all the same: they cost what is written."""
    recorded = recording("dev")
    for kind in ("MetricAlarm", "sns/topic:Topic", "cloudwatch/dashboard:Dashboard", "LogMetricFilter"):
        assert recorded.all(kind) == []
    assert recorded.exports["alarms_topic_arn"] is None
    assert "metrics" not in recorded.exports["service_names"]
    assert recorded.names("EventRule") == [
        f"airflow-dev-events-{name}" for name in ("deployments", "stopped-one-off-tasks", "stopped-tasks")
    ]


def test_events_can_be_left_out() -> None:
    """A region has room for ten resource policies of CloudWatch Logs."""
    recorded = _run(logsEvents="false")
    assert recorded.all("EventRule") == recorded.all("LogResourcePolicy") == []


def test_the_event_log_in_full() -> None:
    """Its group has retention, its rules write to it once they may, and failures are counted in it."""
    recorded = recording("dev with alarms")
    group = recorded.one("LogGroup", "airflow-dev-events")
    assert group.inputs == {"name": "/aws/events/airflow-dev-events", "retentionInDays": 7}
    policy = recorded.one("LogResourcePolicy")
    statement = json.loads(policy.inputs["policyDocument"])["Statement"]
    assert statement[0]["Resource"].endswith(":LogGroup/airflow-dev-events:*")
    for target in recorded.all("EventTarget"):
        assert policy.urn in recorded.before(target)
        assert target.inputs["arn"] == statement[0]["Resource"].removesuffix(":*")
    filters = {one.name: one.inputs for one in recorded.all("LogMetricFilter")}
    assert {one["metricTransformation"]["name"] for one in filters.values()} == {
        "StoppedTasks",
        "FailedDeployments",
        "FailedMigrations",
    }
    migration = filters["airflow-dev-events-failed-migrations"]
    assert migration["pattern"] == '"group=family:airflow-dev-migration;" -"exitCode=0;"'
    assert migration["metricTransformation"]["namespace"] == "airflow-ecs/airflow-dev"


def test_the_topic_takes_the_alarms_of_this_stack_only() -> None:
    """Whoever may publish to it in the account does so by IAM, not by the topic's policy."""
    recorded = recording("prod with alarms")
    policy = json.loads(recorded.one("TopicPolicy").inputs["policy"])
    allowed, denied = policy["Statement"]
    assert allowed["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allowed["Condition"]["ArnLike"]["aws:SourceArn"].endswith(":alarm:airflow-prod-*")
    assert denied["Effect"] == "Deny"
    topic = recorded.one("sns/topic:Topic")
    assert topic.inputs["kmsMasterKeyId"].endswith(":Key/airflow-prod-key")
    key: dict[str, Any] = json.loads(recorded.one("kms/key:Key").inputs["policy"])
    services = [one["Principal"].get("Service") for one in key["Statement"]]
    assert "cloudwatch.amazonaws.com" in services
    subscription = recorded.one("TopicSubscription").inputs
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "team@example.com")


def test_an_existing_topic_is_notified_and_nothing_is_made() -> None:
    """Such as one that a chat or an on-call service subscribes to."""
    arn = "arn:aws:sns:eu-west-1:123456789012:on-call"
    recorded = _run(alarmsTopicArn=arn)
    assert recorded.all("sns/topic:Topic") == []
    assert {*recorded.one("MetricAlarm", "airflow-dev-failed-tasks").inputs["alarmActions"]} == {arn}


def test_asleep_alarms_stay_and_are_muted() -> None:
    """Deleted last, they would fire while the services stop."""
    recorded = _run(alarmsEmails='["team@example.com"]', asleep="true")
    down = recorded.one("MetricAlarm", "airflow-dev-api-server-down").inputs
    assert down["actionsEnabled"] is False


def test_the_dashboard_shows_each_alarm() -> None:
    """One graph each, with the threshold as a line, below the states of all."""
    recorded = recording("prod with alarms")
    body = json.loads(recorded.one("cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    states, *graphs = body["widgets"]
    assert states["type"] == "alarm"
    assert len(states["properties"]["alarms"]) == len(graphs)
    cells = {(one["x"], one["y"]) for one in graphs}
    assert len(cells) == len(graphs)
    graph = next(one["properties"] for one in graphs if one["properties"]["title"] == "database-cpu")
    assert graph["metrics"][0][:3] == ["AWS/RDS", "CPUUtilization", "DBInstanceIdentifier"]
    assert graph["annotations"]["horizontal"][0]["value"] == 90
