# pyright: basic
# boto3's answers have no types.
"""The alarms of a cluster on planted failures: each fires, by what the account's processes really do.

Not proved: how long a failure must last on AWS (here one period is enough), alarms on what the account does
not measure (CPU and memory of databases, latency, certificates), and Airflow itself, whose metadata database
has only the rows that a test plants.
"""

from __future__ import annotations

import dataclasses
import json
import urllib.request
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import pytest

from airflow_ecs_image import metrics as publisher
from components.model.iam import resource_policies
from components.model.monitoring import events
from components.model.monitoring.alarms import alarms
from components.model.settings.configuration import parse
from components.model.workload.workload import workload

from .conftest import wait
from .test_servers import PASSWORD, ask, cache, connect, database  # noqa: F401 - fixtures
from .test_services import Balanced

if TYPE_CHECKING:
    import psycopg

    from components.model.alarm import Alarm, NameOf

    from .conftest import Stage

SETTINGS = {
    "executor": "CeleryExecutor",
    "alarmsEmails": '["team@example.com"]',
    "databaseInstanceClass": "db.t4g.micro",
    "databaseMaintenanceAfterDays": "90",
}
TABLE = {alarm.name: alarm for alarm in alarms(workload(parse(SETTINGS)))}
COUNTED = {alarm.name: alarm for alarm in alarms(workload(parse({**SETTINGS, "containerInsights": "true"})))}
ACCOUNT = "123456789012"


def make(stage: Stage, alarm: Alarm, **names: str) -> str:
    """Put an alarm of the table on resources of the account, with one period, and return its name."""
    alarm = dataclasses.replace(alarm, periods=1)

    def known(value: str | NameOf) -> str:
        return value if isinstance(value, str) else f"{names[value.resource.split()[0]]}{value.suffix}"

    name = stage.name(alarm.name)
    stage.cloudwatch.put_metric_alarm(
        AlarmName=name,
        Namespace=known(alarm.metric.namespace),
        MetricName=alarm.metric.name,
        Dimensions=[{"Name": key, "Value": known(value)} for key, value in alarm.metric.dimensions.items()],
        Statistic=alarm.metric.statistic,
        Period=alarm.period_seconds,
        EvaluationPeriods=alarm.periods,
        ComparisonOperator=alarm.comparison.value,
        Threshold=alarm.threshold,
        TreatMissingData=alarm.missing.value,
    )
    return name


def state(stage: Stage, name: str) -> str:
    """Return an alarm's state."""
    return stage.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]


def fires(stage: Stage, name: str) -> None:
    """Wait for the state ALARM."""
    wait(lambda: state(stage, name) == "ALARM", lambda: stage.cloudwatch.describe_alarms(AlarmNames=[name]))


def is_ok(stage: Stage, name: str) -> None:
    """Wait for the state OK."""
    wait(lambda: state(stage, name) == "OK", lambda: stage.cloudwatch.describe_alarms(AlarmNames=[name]))


@pytest.mark.conformance(
    operation="ecs:CreateService",
    says="A service with running tasks has CPUUtilization, one without has no data.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html",
)
def test_a_service_that_runs_no_task_is_down(stage: Stage) -> None:
    """Its image does not exist; the alarm of one that runs is OK."""
    down, counted = TABLE["scheduler-down"], COUNTED["scheduler-down"]
    lost = stage.serve(stage.definition(image="registry.example/lost:1"))
    runs = stage.serve(stage.definition())
    stage.until_complete(runs)
    fires(stage, make(stage, down, cluster=stage.cluster, service=lost))
    is_ok(stage, make(stage, down, cluster=stage.cluster, service=runs))
    counting = dataclasses.replace(stage, cluster=stage.name("counting"))
    insights = [{"name": "containerInsights", "value": "enabled"}]
    stage.ecs.create_cluster(clusterName=counting.cluster, settings=insights)
    missing = counting.serve(stage.definition(image="registry.example/lost:1"))
    fires(stage, make(stage, counted, cluster=counting.cluster, service=missing))
    stage.made.remove(missing)
    stage.ecs.delete_service(cluster=counting.cluster, service=missing, force=True)


def test_connections_to_the_database(stage: Stage, database: dict[str, Any]) -> None:  # noqa: F811
    """As many as the alarm's threshold, which the class still allows."""
    alarm = TABLE["database-connections"]
    name = database["DBInstanceIdentifier"]
    made = make(stage, alarm, database=name)
    storage = make(stage, TABLE["database-storage"], database=name)
    is_ok(stage, made)
    is_ok(stage, storage)
    opened: list[psycopg.Connection[Any]] = []
    try:
        opened += [connect(stage, database) for _ in range(int(alarm.threshold))]
        fires(stage, made)
    finally:
        for connection in opened:
            connection.close()


def test_memory_of_the_broker(stage: Stage, cache: dict[str, Any]) -> None:  # noqa: F811
    """Filled to more than three quarters of what its node type has."""
    alarm = dataclasses.replace(TABLE["broker-memory-1"])
    made = make(stage, alarm, broker=cache["ReplicationGroupId"])
    is_ok(stage, made)
    server = ask(stage, cache)
    server.setrange("filled", 320 * 2**20, "x")
    fires(stage, made)
    server.delete("filled")


def test_a_load_balancer_without_a_healthy_target(stage: Stage) -> None:
    """It answers with 503; its only target does not answer at all."""
    balanced = Balanced(stage)
    stage.elbv2.modify_target_group(
        TargetGroupArn=balanced.group, UnhealthyThresholdCount=2, HealthCheckIntervalSeconds=5
    )
    names = {
        "load-balancer": balanced.arn.partition(":loadbalancer/")[2],
        "target": balanced.group.rpartition(":")[2],
    }
    errors = make(stage, TABLE["load-balancer-errors"], **names)
    unhealthy = make(stage, TABLE["api-server-unhealthy"], **names)
    is_ok(stage, errors)
    wait(lambda: _status(balanced.url) == 503)
    for _ in range(int(TABLE["load-balancer-errors"].threshold)):
        assert _status(balanced.url) == 503
    fires(stage, errors)
    stage.elbv2.register_targets(TargetGroupArn=balanced.group, Targets=[{"Id": "10.0.0.250", "Port": 8080}])
    fires(stage, unhealthy)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - a load balancer of the account
            return answer.status
    except HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_heartbeats_failed_and_queued_tasks(stage: Stage, database: dict[str, Any]) -> None:  # noqa: F811
    """The image's publisher reads planted rows of Airflow's tables; silence is a missing heartbeat."""
    namespace = f"airflow-ecs/{stage.name('cluster')}"
    watched = ("scheduler-heartbeat", "dag-processor-heartbeat", "failed-tasks", "queued-tasks")
    made = {name: make(stage, TABLE[name], namespace=namespace) for name in watched}
    fires(stage, made["scheduler-heartbeat"])
    with connect(stage, database) as connection:
        connection.execute(
            "CREATE TABLE job (job_type text, state text, latest_heartbeat timestamptz);"
            "CREATE TABLE task_instance (state text, end_date timestamptz, queued_dttm timestamptz);"
        )
        connection.execute(
            "INSERT INTO job VALUES ('SchedulerJob', 'running', now()), ('DagProcessorJob', 'running', "
            "now() - interval '5 min')"
        )
        stage.cloudwatch.put_metric_data(Namespace=namespace, MetricData=publisher.state(connection))
        is_ok(stage, made["scheduler-heartbeat"])
        is_ok(stage, made["failed-tasks"])
        fires(stage, made["dag-processor-heartbeat"])
        connection.execute("INSERT INTO task_instance SELECT 'failed', now() FROM generate_series(1, 10)")
        connection.execute(
            "INSERT INTO task_instance VALUES ('failed', now() - interval '1 hour', NULL), "
            "('queued', NULL, now() - interval '9 min')"
        )
        stage.cloudwatch.put_metric_data(Namespace=namespace, MetricData=publisher.state(connection))
        connection.rollback()
    fires(stage, made["failed-tasks"])
    fires(stage, made["queued-tasks"])


class EventLog:
    """The log of ECS's events, with the rules and filters of the program."""

    def __init__(self, stage: Stage, families: dict[str, str]) -> None:
        name = stage.name("events")
        self.group, self.namespace = f"{events.LOG_GROUP_PREFIX}{name}", f"airflow-ecs/{name}"
        self._stage = stage
        stage.logs.create_log_group(logGroupName=self.group)
        arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{self.group}"
        policy = json.dumps(resource_policies.logged_events(arn))
        stage.logs.put_resource_policy(policyName=name, policyDocument=policy)
        cluster = f"arn:aws:ecs:us-east-1:{ACCOUNT}:cluster/{stage.cluster}"
        for rule in events.RULES:
            made = f"{name}-{rule.name}"
            stage.events.put_rule(Name=made, EventPattern=rule.pattern(cluster))
            transformer = {"InputPathsMap": rule.input_paths, "InputTemplate": rule.template}
            target = {"Id": "log", "Arn": arn, **({"InputTransformer": transformer} if rule.paths else {})}
            stage.events.put_targets(Rule=made, Targets=[target])
        filters = {
            events.STOPPED_TASKS: events.ENDED_BY_THEMSELVES,
            events.FAILED_DEPLOYMENTS: events.FAILED_DEPLOYMENT,
            **{metric: events.failed(family) for metric, family in families.items()},
        }
        for metric, pattern in filters.items():
            stage.logs.put_metric_filter(
                logGroupName=self.group,
                filterName=metric,
                filterPattern=pattern,
                metricTransformations=[
                    {"metricName": metric, "metricNamespace": self.namespace, "metricValue": "1"}
                ],
            )

    def messages(self) -> list[str]:
        """Return what is logged."""
        found = self._stage.logs.filter_log_events(logGroupName=self.group)["events"]
        return [one["message"] for one in found]

    def alarm(self, name: str) -> str:
        """Put an alarm of the table on it."""
        return make(self._stage, TABLE[name], namespace=self.namespace)


def _family(definition: str) -> str:
    return definition.rpartition("/")[2].partition(":")[0]


@pytest.mark.conformance(
    operation="events:PutTargets",
    says="A log group gets the event, or the message of a template of timestamp and message, if a resource "
    "policy lets EventBridge write.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
)
@pytest.mark.conformance(
    operation="logs:PutMetricFilter",
    says="Each event that matches the pattern is a value of the metric.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html",
)
def test_one_off_tasks_that_fail(stage: Stage) -> None:
    """A migration that exits with 10 is counted, one with 0 is not; what was overridden is not logged."""
    migration, maintenance = stage.definition("raise SystemExit(10)"), stage.definition("print()")
    log = EventLog(
        stage,
        {
            events.FAILED_MIGRATIONS: _family(migration),
            events.failed_runs("maintenance"): _family(maintenance),
        },
    )
    failed, quiet = log.alarm("failed-migrations"), log.alarm("failed-maintenance")
    hidden = [{"name": "web", "environment": [{"name": "KEY", "value": "overridden-value"}]}]
    for definition in (migration, maintenance):
        task = stage.start(definition, overrides={"containerOverrides": hidden})
        stage.until_stopped(task["taskArn"])
    fires(stage, failed)
    wait(lambda: len(log.messages()) == 2, log.messages)
    assert "overridden-value" not in str(log.messages())
    (line,) = (one for one in log.messages() if _family(migration) in one)
    assert line.endswith(
        f"group=family:{_family(migration)}; stopCode=EssentialContainerExited; exitCode=10;"
    )
    assert state(stage, quiet) != "ALARM"


def test_tasks_that_end_again_and_again_and_the_deployment_that_fails(stage: Stage) -> None:
    """A service whose container exits at once; ECS's circuit breaker gives it up."""
    log = EventLog(stage, {})
    stopped, failed = log.alarm("stopped-tasks"), log.alarm("failed-deployments")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    stage.serve(stage.definition("raise SystemExit(3)"), deploymentConfiguration=breaker)
    fires(stage, stopped)
    fires(stage, failed)
    logged = [json.loads(one) for one in log.messages()]
    assert {one["detail-type"] for one in logged} == {"ECS Task State Change", "ECS Deployment State Change"}
    task = next(one["detail"] for one in logged if one["detail-type"] == "ECS Task State Change")
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["containers"][0]["exitCode"] == 3


def test_events_of_a_log_group_that_lets_nobody_write_are_dropped(stage: Stage) -> None:
    """As EventBridge does, without a word to whoever made the rule."""
    definition = stage.definition("raise SystemExit(10)")
    log = EventLog(stage, {events.FAILED_MIGRATIONS: _family(definition)})
    stage.logs.delete_resource_policy(policyName=log.group.removeprefix(events.LOG_GROUP_PREFIX))
    other = EventLog(stage, {events.FAILED_MIGRATIONS: _family(definition)})
    stage.until_stopped(stage.start(definition)["taskArn"])
    wait(lambda: len(other.messages()) == 1, other.messages)
    assert log.messages() == []


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="An alarm notifies an encrypted topic only if the policies of topic and key let CloudWatch.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
)
@pytest.mark.parametrize(
    ("of_topic", "of_key", "error"),
    [
        ("stage-", True, ""),
        ("another-", True, "is not authorized to perform: SNS:Publish on resource"),
        ("stage-", False, "does not have authorization to access the SNS topic encryption key"),
    ],
    ids=["allowed", "by another's policy", "without its key"],
)
def test_the_topic_of_the_program_takes_its_own_alarms(
    stage: Stage, of_topic: str, error: str, *, of_key: bool
) -> None:
    """Encrypted with the cluster's key."""
    key_policy = resource_policies.encryption_key("aws", ACCOUNT, "us-east-1", alarms=of_key)
    key = stage.kms.create_key(Policy=json.dumps(key_policy))["KeyMetadata"]["Arn"]
    topic = stage.sns.create_topic(Name=stage.name("topic"), Attributes={"KmsMasterKeyId": key})["TopicArn"]
    policy = json.dumps(resource_policies.notified_by_alarms(topic, of_topic))
    stage.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    name = f"stage-{stage.name('notifies')}"
    stage.cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace="own", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold", Threshold=1, TreatMissingData="breaching",
        AlarmActions=[topic],
    )  # fmt: skip

    def done() -> list[str]:
        items = stage.cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")
        return [one["HistorySummary"] for one in items["AlarmHistoryItems"]]

    (summary,) = wait(done)
    assert (error in summary) if error else summary.startswith("Successfully executed action")
