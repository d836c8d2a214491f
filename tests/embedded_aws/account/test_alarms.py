# pyright: basic
# boto3's answers have no types.
"""CloudWatch stores metrics, evaluates alarms and runs their actions.

Not proved: the delays of AWS itself, which the account of these tests shortens (`EMBEDDED_AWS_DELAYS`), and
the length of the evaluation range, for which AWS has no rule.
"""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from embedded_aws.account import AccountError, start
from embedded_aws.account.cloudwatch import evaluation
from embedded_aws.account.cloudwatch.alarms import Alarms, State
from embedded_aws.account.cloudwatch.evaluation import Condition, Datapoint
from embedded_aws.account.cloudwatch.statistics import MetricId, Metrics, StatisticSet, periods
from embedded_aws.account.delays import DELAYS, DelayError, Delays

from .conftest import wait

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Stage

MISSING_DATA = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html"
EVALUATION = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html"
ACTIONS = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html"
RETAINED = None
INSUFFICIENT = evaluation.INSUFFICIENT_DATA


_ACCOUNT = "us-east-1:123456789012"
POLICY = f"arn:aws:autoscaling:{_ACCOUNT}:scalingPolicy:0:resource/ecs/service/stage/none:policyName/none"
TOPIC = f"arn:aws:sns:{_ACCOUNT}:none"


def an_alarm(period: int, evaluation_periods: int, **given: Any) -> SimpleNamespace:
    """Return moto's alarm, as far as its evaluation goes; it keeps its state where data are missing."""
    return SimpleNamespace(
        name="a", alarm_arn=f"{period}*{evaluation_periods}", period=period, namespace="N", metric_name="m",
        evaluation_periods=evaluation_periods, datapoints_to_alarm=None, dimensions=[], unit=None,
        statistic="Average", threshold=1.0, comparison_operator="GreaterThanThreshold",
        treat_missing_data="ignore", state_value="OK", state_reason="", actions_enabled=True,
        **({"alarm_actions": [], "ok_actions": []} | given),
    )  # fmt: skip


def points(text: str) -> list[Datapoint | None]:
    """Read AWS's notation: X is beyond the threshold, 0 within it, - is missing; the newest is the last."""
    values = {"X": 2.0, "0": 0.0}
    return [Datapoint(at, values[one]) if one in values else None for at, one in enumerate(text.split())]


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="Missing data count only where the evaluation range has fewer datapoints than evaluation periods.",
    source=MISSING_DATA,
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="An old breaching datapoint with only missing ones after it is enough for ALARM, a new one is not.",
    source=f"{MISSING_DATA}#CloudWatch-alarms-avoiding-premature-transition",
)
@pytest.mark.parametrize(
    ("enough", "data", "states"),
    [
        (3, "0 - X - X", ["OK", "OK", "OK", "OK"]),
        (3, "0 - - - -", ["OK", "OK", "OK", "OK"]),
        (3, "- - - - -", [INSUFFICIENT, RETAINED, "ALARM", "OK"]),
        (3, "0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (3, "- - X - -", ["ALARM", RETAINED, "ALARM", "OK"]),
        (3, "- - - - X", [INSUFFICIENT, RETAINED, "ALARM", "OK"]),
        (3, "X X X 0 0", ["OK", "OK", "OK", "OK"]),
        (2, "0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        (2, "0 - X - -", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - - 0", ["OK", "OK", "ALARM", "OK"]),
        (2, "- - - X -", ["ALARM", RETAINED, "ALARM", "OK"]),
    ],
)
def test_missing_data_are_treated_as_asked_for(enough: int, data: str, states: list[str | None]) -> None:
    """The tables of the page, for 3 evaluation periods, and two rows of its text."""
    for treatment, state in zip(("missing", "ignore", "breaching", "notBreaching"), states, strict=True):
        condition = Condition("GreaterThanThreshold", 1.0, 3, enough, treatment)
        assert evaluation.evaluate(condition, points(data)).state == state, treatment


@pytest.mark.parametrize(
    ("operator", "states"),
    [
        ("GreaterThanThreshold", ["OK", "OK", "ALARM"]),
        ("GreaterThanOrEqualToThreshold", ["OK", "ALARM", "ALARM"]),
        ("LessThanThreshold", ["ALARM", "OK", "OK"]),
        ("LessThanOrEqualToThreshold", ["ALARM", "ALARM", "OK"]),
    ],
)
def test_a_value_is_compared_with_the_threshold(operator: str, states: list[str]) -> None:
    """Below, at and above it."""
    condition = Condition(operator, 1.0, 1, 1)
    found = [evaluation.evaluate(condition, [Datapoint(0, value)]).state for value in (0.5, 1.0, 1.5)]
    assert found == states


def test_the_reason_is_in_the_words_of_cloudwatch() -> None:
    """With the datapoints that count, the newest first, and with what was missing."""
    condition = Condition("GreaterThanThreshold", 1.0, 3, 2, "breaching")
    assert evaluation.evaluate(condition, points("0 X 0 X X")).reason == (
        "Threshold Crossed: 2 out of the last 3 datapoints "
        "[2.0 (01/01/70 00:00:04), 2.0 (01/01/70 00:00:03)] were greater than the threshold (1.0) "
        "(minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert evaluation.evaluate(condition, points("X X 0 0 0")).reason.endswith(
        "were not greater than the threshold (1.0) (minimum 2 datapoints for ALARM -> OK transition)."
    )
    assert evaluation.evaluate(condition, points("- - - - -")).reason == (
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were "
        "treated as [Breaching]."
    )
    unknown = evaluation.evaluate(Condition("GreaterThanThreshold", 1.0, 3, 3), points("- - - - -"))
    assert unknown.reason == "Insufficient Data: 3 datapoints were unknown."


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="A metric of a resolution of 1 second is stored by the second, another one by the minute.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="An alarm of 10 seconds lacks data where the metric has a resolution of a minute.",
)
@pytest.mark.parametrize(("resolution", "found"), [(1, [6.0, 2.0, 4.0]), (60, [None, None, None])])
def test_the_resolution_decides_in_which_periods_values_are(
    resolution: int, found: list[float | None]
) -> None:
    """Three periods of 10 seconds in the middle of a minute."""
    metrics, metric = Metrics(), MetricId("N", "m")
    for second, value in ((25, 6.0), (32, 1.0), (39, 3.0), (40, 4.0)):
        metrics.put(metric, second, "None", resolution, StatisticSet(1, value, value, value))
    stored = metrics.between(metric, 20, 50, None)
    assert [
        values and values.statistic("Average") for _, values in periods(stored, end=50, seconds=10, count=3)
    ] == found


def test_statistics_are_those_of_all_values_of_a_period() -> None:
    """Single values and statistic sets together; what is older than CloudWatch keeps it goes."""
    metrics, metric = Metrics(), MetricId("N", "m")
    metrics.put(metric, 0, "Count", 60, StatisticSet(1, 7.0, 7.0, 7.0))
    metrics.put(metric, 30, "Count", 60, StatisticSet(3, 5.0, 1.0, 3.0))
    ((_, values),) = periods(metrics.between(metric, 0, 60, "Count"), end=60, seconds=60, count=1)
    assert values
    names = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
    assert [values.statistic(name) for name in names] == [4, 12.0, 3.0, 1.0, 7.0]
    assert not metrics.between(metric, 0, 60, "Seconds")
    for second in range(1000):
        metrics.put(metric, 16 * 24 * 3600 + second, "Count", 60, StatisticSet(1, 1.0, 1.0, 1.0))
    assert not metrics.between(metric, 0, 60, "Count")


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="Alarms below a minute are evaluated every 10 seconds, others every minute, of days every hour.",
    source=EVALUATION,
)
def test_alarms_are_evaluated_as_often_as_aws_does() -> None:
    """By the table; two hours of a clock that is set by hand."""
    clock = [1_000_000_020.0]
    alarms = Alarms(Delays(), lambda _: [], clock=lambda: clock[0])
    seen: dict[str, list[float]] = {}
    watched = [an_alarm(period=period, evaluation_periods=n) for period, n in ((10, 1), (60, 1), (3600, 25))]
    alarms._evaluation = lambda _region, alarm, end: (  # type: ignore[method-assign]
        seen.setdefault(alarm.alarm_arn, []).append(end) or evaluation.Evaluation(None, "", [])
    )
    for _ in range(2 * 3600):
        clock[0] += 1
        for alarm in watched:
            alarms._evaluate("us-east-1", alarm, clock[0])
    steps = {
        arn: {later - earlier for earlier, later in itertools.pairwise(ends)} for arn, ends in seen.items()
    }
    assert steps == {"10*1": {10}, "60*1": {60}, "3600*25": {3600}}
    assert all(delay.source.startswith("https://docs.aws.amazon.com/") for delay in DELAYS.values())


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="A state that lasts invokes scaling policies again every minute, and topics not.",
    source=ACTIONS,
)
def test_a_state_that_lasts_invokes_scaling_policies_again() -> None:
    """Three minutes of a clock that is set by hand, of which actions are disabled in the last."""
    clock = [1_000_000_020.0]
    alarms = Alarms(Delays(), lambda _: [], clock=lambda: clock[0])
    alarm = an_alarm(period=10, evaluation_periods=1, alarm_actions=[POLICY, TOPIC])
    alarms.set_state("us-east-1", alarm, State("ALARM", "because", {}))
    begin = clock[0]
    for second in range(179):
        clock[0] += 1
        alarm.actions_enabled = second < 150
        alarms._evaluate("us-east-1", alarm, clock[0])
    invoked = [(one.action, one.old_state, one.at.timestamp() - begin) for one in alarms._pending]
    assert invoked == [
        (POLICY, "OK", 0.0),
        (TOPIC, "OK", 0.0),
        (POLICY, "ALARM", 60.0),
        (POLICY, "ALARM", 120.0),
    ]


@pytest.mark.parametrize("given", ["alarms=1", "alarm", "alarm=soon", "alarm=0", "alarm=-1", "alarm=inf"])
def test_a_wrong_delay_is_an_error(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable, what is wrong and the delays that there are; no account starts with it."""
    with pytest.raises(DelayError, match=rf"EMBEDDED_AWS_DELAYS: '{given}'.*high_resolution_alarm"):
        Delays(given)
    monkeypatch.setenv("EMBEDDED_AWS_DELAYS", given)
    with pytest.raises(AccountError, match=rf"^EMBEDDED_AWS_DELAYS: '{given}'"):
        start(tmp_path)
    assert Delays("alarm=0.5")["alarm"] == 0.5


class Watch:
    """An alarm of the account on a metric of its own."""

    def __init__(self, stage: Stage, **given: Any) -> None:
        self.cloudwatch, self.name = stage.cloudwatch, stage.name("alarm")
        self.metric: dict[str, Any] = {
            "MetricName": self.name,
            "Dimensions": [{"Name": "group", "Value": "a"}],
        }
        self.put_alarm(**given)

    def put_alarm(self, **given: Any) -> None:
        """Create or change it."""
        settings = {
            "AlarmName": self.name,
            "Namespace": "Tests",
            **self.metric,
            "Period": 10,
            "EvaluationPeriods": 1,
            "Statistic": "Maximum",
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "ignore",
        }
        self.cloudwatch.put_metric_alarm(**(settings | given))

    def put(self, value: float, **given: Any) -> None:
        """Publish a value of now."""
        datum = {**self.metric, "Value": value, "StorageResolution": 1, **given}
        self.cloudwatch.put_metric_data(Namespace="Tests", MetricData=[datum])

    def describe(self) -> dict[str, Any]:
        """Return the alarm."""
        (alarm,) = self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"]
        return alarm

    def until(self, state: str) -> dict[str, Any]:
        """Wait for a state."""
        wait(lambda: self.describe()["StateValue"] == state, self.describe)
        return self.describe()

    def history(self, kind: str) -> list[str]:
        """Return the summaries of its history, oldest first."""
        items = self.cloudwatch.describe_alarm_history(
            AlarmName=self.name, HistoryItemType=kind, ScanBy="TimestampAscending"
        )["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="A new alarm has INSUFFICIENT_DATA; then its datapoints decide. An update keeps state and tags.",
)
@pytest.mark.conformance(
    operation="cloudwatch:DescribeAlarmHistory",
    says="The history has state updates, and what was configured, also of an alarm that was deleted.",
)
def test_an_alarm_follows_its_metric(stage: Stage) -> None:
    """Only its own: another dimension or unit is another metric."""
    watch = Watch(stage, Unit="Count", Tags=[{"Key": "a", "Value": "b"}])
    assert watch.describe()["StateValue"] == INSUFFICIENT
    assert watch.describe()["StateReason"] == "Unchecked: Initial alarm creation"
    watch.put(5.0, Unit="Count", Dimensions=[{"Name": "group", "Value": "b"}])
    watch.put(5.0, Unit="Count", Dimensions=[])
    watch.put(5.0, Unit="Seconds")
    watch.put(0.5, Unit="Count")
    watch.until("OK")
    watch.put(5.0, Unit="Count")
    alarm = watch.until("ALARM")
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [5.0 (")
    data = json.loads(alarm["StateReasonData"])
    assert (data["recentDatapoints"], data["threshold"], data["period"]) == ([5.0], 1.0, 10)
    watch.put_alarm(Unit="Count", Threshold=9.0, Tags=[])
    assert stage.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    watch.until("OK")
    stage.cloudwatch.delete_alarms(AlarmNames=[watch.name])
    assert watch.history("StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    assert watch.history("ConfigurationUpdate") == [
        f'Alarm "{watch.name}" {what}' for what in ("created", "updated", "deleted")
    ]


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="Arrays of values with counts, and statistic sets, count as the values that they stand for.",
)
def test_values_and_statistic_sets_are_values(stage: Stage) -> None:
    """Summed up by an alarm of two periods of a minute, whose values are of the past."""
    watch = Watch(stage, Statistic="Sum", Period=60, EvaluationPeriods=2, Threshold=9.0)
    past = datetime.now(UTC) - timedelta(seconds=70)
    stage.cloudwatch.put_metric_data(
        Namespace="Tests",
        MetricData=[
            {**watch.metric, "Values": [1.0, 2.0], "Counts": [4.0, 3.0]},
            {
                **watch.metric,
                "Timestamp": past,
                "StatisticValues": {"SampleCount": 2, "Sum": 12, "Minimum": 5, "Maximum": 7},
            },
        ],
    )
    data = json.loads(watch.until("ALARM")["StateReasonData"])
    assert data["recentDatapoints"] == [12.0, 10.0]


@pytest.mark.conformance(
    operation="cloudwatch:GetMetricStatistics",
    says="Statistics are returned by period, and of each unit by itself where no unit is asked for.",
)
@pytest.mark.conformance(
    operation="cloudwatch:GetMetricStatistics",
    says="A request for more than 1,440 datapoints is an error.",
    error="InvalidParameterCombination",
)
@pytest.mark.conformance(
    operation="cloudwatch:GetMetricStatistics",
    says="Values of periods below a minute are there for 3 hours, those of a minute for 15 days.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html",
)
@pytest.mark.conformance(
    operation="cloudwatch:GetMetricData",
    says="Values are of the metric with just the dimensions of the query, the newest first.",
)
@pytest.mark.conformance(
    operation="cloudwatch:ListMetrics",
    says="A metric is listed once for each set of dimensions.",
)
def test_what_was_published_can_be_read(stage: Stage) -> None:
    """Three values in two periods of 10 seconds of a minute that is over."""
    name = stage.name("read")
    start = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=2)
    metric = {"MetricName": name, "Dimensions": [{"Name": "group", "Value": "a"}]}
    data: list[dict[str, Any]] = [
        {**metric, "Value": value, "Timestamp": start + timedelta(seconds=second), "Unit": unit}
        for second, value, unit in (
            (0, 1.0, "Count"),
            (9, 3.0, "Count"),
            (10, 5.0, "Count"),
            (10, 7.0, "Bytes"),
        )
    ]
    data = [{**one, "StorageResolution": 1} for one in data] + [{"MetricName": name, "Value": 99.0}]
    stage.cloudwatch.put_metric_data(Namespace="Tests", MetricData=data)
    times = {"StartTime": start, "EndTime": start + timedelta(seconds=60)}
    asked = {"Namespace": "Tests", **metric, **times, "Statistics": ["Average", "Maximum"]}
    found = stage.cloudwatch.get_metric_statistics(**asked, Period=10)["Datapoints"]
    assert [(one["Unit"], one["Average"], one["Maximum"]) for one in found] == [
        ("Bytes", 7.0, 7.0),
        ("Count", 2.0, 3.0),
        ("Count", 5.0, 5.0),
    ]
    stat = {"Metric": {"Namespace": "Tests", **metric}, "Period": 10, "Stat": "Sum", "Unit": "Count"}
    answer = stage.cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "a", "MetricStat": stat}], **times)
    (result,) = answer["MetricDataResults"]
    assert (result["Values"], result["Timestamps"]) == ([5.0, 4.0], [start + timedelta(seconds=10), start])
    listed = stage.cloudwatch.list_metrics(Namespace="Tests", MetricName=name)["Metrics"]
    assert sorted(len(one["Dimensions"]) for one in listed) == [0, 1]
    past = start - timedelta(hours=4)
    old = {**metric, "Value": 1.0, "Timestamp": past, "StorageResolution": 1}
    stage.cloudwatch.put_metric_data(Namespace="Tests", MetricData=[old])
    hour = {**asked, "StartTime": past, "EndTime": past + timedelta(hours=1)}
    found = [stage.cloudwatch.get_metric_statistics(**hour, Period=period) for period in (10, 60)]
    assert [len(one["Datapoints"]) for one in found] == [0, 1]
    days = {**asked, "StartTime": start - timedelta(days=2)}
    call = stage.cloudwatch.get_metric_statistics
    assert refused(call, **days, Period=60)[0] == "InvalidParameterCombination"


@pytest.mark.conformance(
    operation="cloudwatch:SetAlarmState",
    says="A state that is set runs the actions of that state, and lasts until the next evaluation.",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="An SNS topic is notified once of each change of the state, unless actions are disabled.",
    source=ACTIONS,
)
def test_a_topic_is_notified_of_changes_only(stage: Stage) -> None:
    """A queue gets one message each, whose text is CloudWatch's JSON."""
    name = stage.name("notified")
    topic = stage.sns.create_topic(Name=name)["TopicArn"]
    queue = stage.sqs.create_queue(QueueName=name)["QueueUrl"]
    attributes = stage.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    stage.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"])
    watch = Watch(stage, AlarmActions=[topic], OKActions=[topic], ActionsEnabled=False)
    watch.put(5.0)
    watch.until("ALARM")
    stage.cloudwatch.enable_alarm_actions(AlarmNames=[watch.name])
    stage.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="OK", StateReason="because")
    watch.until("ALARM")
    messages: list[dict[str, Any]] = []

    def received() -> bool:
        answer = stage.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        messages.extend(json.loads(json.loads(one["Body"])["Message"]) for one in answer.get("Messages", []))
        return len(messages) >= 2

    wait(received, lambda: messages)
    changes = [(one["OldStateValue"], one["NewStateValue"], one["NewStateReason"]) for one in messages]
    assert changes[0] == ("ALARM", "OK", "because")
    assert (changes[1][:2], len(changes)) == (("OK", "ALARM"), 2)
    assert messages[1]["Trigger"]["Dimensions"] == [{"name": "group", "value": "a"}]
    executed = f"Successfully executed action {topic}"
    wait(lambda: watch.history("Action") == [executed, executed], lambda: watch.history("Action"))


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="Actions are not checked when an alarm is made; one that does not exist fails when it is invoked.",
    source="https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="Alarms cannot notify a topic that is encrypted with the AWS managed key of SNS.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html",
)
def test_an_action_that_fails_is_in_the_history(stage: Stage) -> None:
    """A topic and a policy that do not exist, and a topic whose key CloudWatch may not use."""
    encrypted = stage.sns.create_topic(
        Name=stage.name("encrypted"), Attributes={"KmsMasterKeyId": "alias/aws/sns"}
    )["TopicArn"]
    watch = Watch(stage, AlarmActions=[TOPIC, POLICY, encrypted])
    watch.put(5.0)
    found = wait(lambda: len(watch.history("Action")) > 2 and watch.history("Action"))
    assert sum(one.startswith("Failed to execute action ") for one in found) == len(found)
    assert any("No scaling policy found" in one for one in found)
    assert any("encryption key" in one for one in found)


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, str]:
    """Call and return code and message of the error."""
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="A period is 10, 20, 30 or a multiple of 60 seconds; all are a day at most, from an hour on a week.",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricAlarm",
    says="Names have their lengths, other values are of a list, and DatapointsToAlarm is within the periods.",
)
@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"Period": 15}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"Period": 90}, "Period must be 10, 20, 30 or a multiple of 60"),
        (
            {"Period": 60, "EvaluationPeriods": 1441},
            "more than a day (EvaluationPeriods * Period must be <= 86400)",
        ),
        (
            {"Period": 3600, "EvaluationPeriods": 169},
            "more than a week (EvaluationPeriods * Period must be <= 604800)",
        ),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"AlarmName": "a" * 256}, "'alarmName'"),
        ({"AlarmName": "a\tb"}, "control characters"),
        ({"Namespace": ":a"}, "[^:].*"),
        ({"ComparisonOperator": "Equal"}, "enum value set"),
        ({"Statistic": "Median"}, "enum value set"),
        ({"Unit": "Tasks"}, "enum value set"),
        ({"TreatMissingData": "no"}, "[breaching, notBreaching, ignore, missing]"),
        ({"AlarmActions": ["topic"]}, "Invalid arn syntax"),
        ({"AlarmActions": ["arn:aws:sns:eu-west-1:123456789012:t"]}, "Invalid region eu-west-1 specified"),
        (
            {"OKActions": [f"arn:aws:sns:us-east-1:123456789012:t{number}" for number in range(6)]},
            "'oKActions'",
        ),
    ],
)
def test_a_wrong_alarm_is_refused(stage: Stage, given: dict[str, Any], message: str) -> None:
    """In the words of CloudWatch, as far as they are known."""
    with pytest.raises(ClientError) as error:
        Watch(stage, **given)
    assert error.value.response["Error"]["Code"] == "ValidationError"
    assert message in error.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    "given",
    [
        {"Metrics": [{"Id": "a", "Expression": "1"}]},
        {"ExtendedStatistic": "p90"},
        {"AlarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
    ],
)
def test_an_alarm_that_is_not_modelled_is_an_error(stage: Stage, given: dict[str, Any]) -> None:
    """AWS has it; here it would never do anything."""
    with pytest.raises(ClientError, match="This account does not model") as error:
        Watch(stage, **given)
    assert error.value.response["Error"]["Code"] == "NotImplemented"


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="A value beyond the limits of its parameter is an error.",
    error="InvalidParameterValue",
)
@pytest.mark.parametrize(
    ("namespace", "given"),
    [
        ("AWS/ECS", {}),
        (":a", {}),
        ("Tests", {"Value": 2.0**361}),
        ("Tests", {"StorageResolution": 10}),
        ("Tests", {"Unit": "Tasks"}),
        ("Tests", {"Timestamp": datetime.now(UTC) - timedelta(days=15)}),
        ("Tests", {"Timestamp": datetime.now(UTC) + timedelta(hours=3)}),
        ("Tests", {"Dimensions": [{"Name": ":a", "Value": "b"}]}),
        ("Tests", {"Dimensions": [{"Name": "a", "Value": "b"}] * 31}),
    ],
)
def test_a_wrong_value_is_refused(stage: Stage, namespace: str, given: dict[str, Any]) -> None:
    """Nothing of the request is stored."""
    name = stage.name("wrong")
    good, wrong = ({"MetricName": name, "Value": 1.0, **more} for more in ({}, given))
    call = stage.cloudwatch.put_metric_data
    assert refused(call, Namespace=namespace, MetricData=[good, wrong])[0] == "InvalidParameterValue"
    assert not stage.cloudwatch.list_metrics(MetricName=name)["Metrics"]


@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="A datum has a value, values or a statistic set, and only one of them.",
    error="InvalidParameterCombination",
)
@pytest.mark.conformance(
    operation="cloudwatch:PutMetricData",
    says="A datum without any value is an error.",
    error="MissingParameter",
)
@pytest.mark.conformance(
    operation="cloudwatch:DeleteAlarms",
    says="An alarm that does not exist is an error; those that exist are deleted nevertheless.",
    error="ResourceNotFound",
)
@pytest.mark.conformance(
    operation="cloudwatch:SetAlarmState",
    says="An alarm that does not exist is put into no state.",
    error="ResourceNotFound",
)
@pytest.mark.conformance(
    operation="cloudwatch:SetAlarmState",
    says="Data of a reason that are not JSON are an error.",
    error="InvalidFormat",
)
def test_a_wrong_request_is_refused(stage: Stage) -> None:
    """Of metrics and of alarms."""
    put, delete = stage.cloudwatch.put_metric_data, stage.cloudwatch.delete_alarms
    both = [{"MetricName": "m", "Value": 1.0, "Values": [1.0]}]
    assert refused(put, Namespace="Tests", MetricData=both)[0] == "InvalidParameterCombination"
    assert refused(put, Namespace="Tests", MetricData=[{"MetricName": "m"}])[0] == "MissingParameter"
    watch = Watch(stage)
    state: dict[str, Any] = {"AlarmName": watch.name, "StateValue": "OK", "StateReason": "r"}
    set_state = stage.cloudwatch.set_alarm_state
    assert refused(set_state, **state, StateReasonData="no")[0] == "InvalidFormat"
    assert refused(delete, AlarmNames=["none", watch.name])[0] == "ResourceNotFound"
    assert refused(set_state, **state)[0] == "ResourceNotFound"


def by_query(stage: Stage, **given: str) -> requests.Response:
    """Send a request as clients of CloudWatch's query protocol do, AWS's provider among them."""
    url = f"{stage.environment['AWS_ENDPOINT_URL']}/"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    request = AWSRequest("POST", url, data=urlencode({"Version": "2010-08-01", **given}), headers=headers)
    key = Credentials(stage.environment["AWS_ACCESS_KEY_ID"], stage.environment["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(key, "monitoring", "us-east-1").add_auth(request)
    return requests.post(url, data=request.body, headers=dict(request.headers), timeout=30)


def test_the_query_protocol_is_understood(stage: Stage) -> None:
    """Numbers and lists of an alarm, values of a metric, and the form of an error."""
    name = stage.name("query")
    alarm = {
        "Action": "PutMetricAlarm",
        "AlarmName": name,
        "Namespace": "Tests",
        "MetricName": name,
        "Dimensions.member.1.Name": "group",
        "Dimensions.member.1.Value": "a",
        "Period": "20",
        "EvaluationPeriods": "1",
        "Statistic": "Maximum",
        "Threshold": "1.5",
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }
    data = {
        "Action": "PutMetricData",
        "Namespace": "Tests",
        "MetricData.member.1.MetricName": name,
        "MetricData.member.1.Dimensions.member.1.Name": "group",
        "MetricData.member.1.Dimensions.member.1.Value": "a",
        "MetricData.member.1.Value": "2",
        "MetricData.member.1.StorageResolution": "1",
    }
    assert [by_query(stage, **given).status_code for given in (alarm, data)] == [200, 200]
    wait(lambda: "<StateValue>ALARM<" in by_query(stage, Action="DescribeAlarms", AlarmNamePrefix=name).text)
    answer = by_query(stage, **(alarm | {"Period": "15"}))
    assert (answer.status_code, "<Code>ValidationError</Code>" in answer.text) == (400, True)
