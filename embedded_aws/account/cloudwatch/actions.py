# pyright: basic
# moto has no types for its backends.
"""What alarms invoke: notifications of SNS topics, and scaling policies.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-actions.html
"""

from __future__ import annotations

import functools
import json
import logging
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.sns.models import sns_backends

from embedded_aws.account.authorization import Need, Place, permitted
from embedded_aws.account.cloudwatch.alarm_checks import SCALING_POLICY
from embedded_aws.account.iam import UnmodelledError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from embedded_aws.account.cloudwatch.alarms import Invocation
    from embedded_aws.account.cloudwatch.history import History

LOG = logging.getLogger(__name__)
_MAX_SUBJECT = 99
_CALLER = "cloudwatch.amazonaws.com"
_DEFAULT_POLICY = "__default_policy_ID"
_KEY_OF_SNS = "alias/aws/sns"
"""Its policy lets CloudWatch do nothing, and nobody can change it."""


class Actions:
    """Executes what alarms invoke, and writes it into their history.

    Args:
        scale: scales by policies that were invoked together; returns why each of them failed, or None.
        history: returns the history of a region.
    """

    def __init__(
        self,
        scale: Callable[[Sequence[Invocation]], list[str | None]],
        history: Callable[[str], History],
    ) -> None:
        self._scale, self._history = scale, history

    def perform(self, invocations: Sequence[Invocation]) -> None:
        """Execute actions; those that scale first and together, since one of them may have precedence."""
        policies = [one for one in invocations if SCALING_POLICY.fullmatch(one.action)]
        for one, failure in zip(policies, self._scale(policies), strict=True):
            self._record(one, failure)
        for one in invocations:
            if not SCALING_POLICY.fullmatch(one.action):
                self._record(one, _notify(one))

    def _record(self, invocation: Invocation, failure: str | None) -> None:
        arn = invocation.action
        if failure:
            LOG.warning("alarm %s: %s: %s", invocation.alarm.name, arn, failure)
        summary = (
            f"Failed to execute action {arn}. Received error: {failure}"
            if failure
            else f"Successfully executed action {arn}"
        )
        data = {
            "actionState": "Failed" if failure else "Succeeded",
            "stateUpdateTimestamp": int(invocation.at.timestamp() * 1000),
            "notificationResource": arn,
            **({"error": failure} if failure else {}),
        }
        self._history(invocation.region).add(invocation.alarm.name, "Action", summary, data)


def _notify(invocation: Invocation) -> str | None:
    """Publish to a topic; return why that failed."""
    region = invocation.action.split(":")[3]
    topic: Any = sns_backends[DEFAULT_ACCOUNT_ID][region].topics.get(invocation.action)
    if topic is None:
        return f"Resource: {invocation.action} does not exist"
    if refusal := _refusal(topic, invocation):
        return refusal
    subject = f'{invocation.state.value}: "{invocation.alarm.name}" in {_title(region)}'
    topic.publish(json.dumps(_message(invocation)), subject=subject[:_MAX_SUBJECT])
    return None


def _refusal(topic: Any, invocation: Invocation) -> str | None:
    """Return why CloudWatch may not publish: the policy of the topic, or of its key, must let it.

    The policy that SNS gives a new topic does.
    https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services
    """
    place = Place("aws", invocation.region, DEFAULT_ACCOUNT_ID)
    context = {"aws:SourceAccount": DEFAULT_ACCOUNT_ID, "aws:SourceArn": invocation.alarm.alarm_arn}
    try:
        if _DEFAULT_POLICY not in topic.policy and not permitted(
            _CALLER, [Need("sns:Publish", topic.arn, context)], place
        ):
            return f"User: {_CALLER} is not authorized to perform: SNS:Publish on resource: {topic.arn}"
        key = topic.kms_master_key_id
        needs = [Need(f"kms:{action}", key, context) for action in ("Decrypt", "GenerateDataKey")]
        if key and (key == _KEY_OF_SNS or not permitted(_CALLER, needs, place)):
            return "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    except UnmodelledError as error:
        return f"NotImplemented: this account does not model {error}"
    return None


def _message(invocation: Invocation) -> dict[str, Any]:
    """Return the notification.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    """
    alarm = invocation.alarm
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": DEFAULT_ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": _time(alarm.configuration_updated_timestamp),
        "NewStateValue": invocation.state.value,
        "NewStateReason": invocation.state.reason,
        "StateChangeTime": _time(invocation.at),
        "Region": _title(invocation.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": invocation.old_state,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": {
            "MetricName": alarm.metric_name,
            "Namespace": alarm.namespace,
            "StatisticType": "Statistic",
            "Statistic": alarm.statistic.upper(),
            "Unit": alarm.unit,
            "Dimensions": [{"value": one.value, "name": one.name} for one in alarm.dimensions],
            "Period": alarm.period,
            "EvaluationPeriods": alarm.evaluation_periods,
            **({"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}),
            "ComparisonOperator": alarm.comparison_operator,
            "Threshold": float(alarm.threshold),
            "TreatMissingData": alarm.treat_missing_data or "",
            "EvaluateLowSampleCountPercentile": "",
        },
    }


def _time(at: Any) -> str:
    return f"{at.strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}+0000"


@functools.cache
def _title(region: str) -> str:
    """Return the region's name for people, such as US East (N. Virginia)."""
    partitions: Any = botocore.session.Session().get_data("endpoints")["partitions"]
    regions = {name: one["description"] for part in partitions for name, one in part["regions"].items()}
    return regions.get(region, region)
