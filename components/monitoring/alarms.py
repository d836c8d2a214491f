"""The alarms of a cluster as CloudWatch alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.alarm import Alarm
from .names import name_of


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """Inputs of `Alarms`."""

    table: Sequence[Alarm]
    """The alarms."""
    names: Mapping[str, pulumi.Input[str]]
    """What AWS names the resources that they are about."""
    topic_arn: pulumi.Output[str]
    """The topic that they notify, when they begin and when they end."""


class Alarms(Component):
    """Makes a CloudWatch alarm for each of the table.

    Idle cost: 0.10 USD a month each, and 0.30 USD for each metric of the cluster's own.
    """

    arns: Sequence[pulumi.Output[str]]
    """ARNs of the alarms, in the table's order."""

    def __init__(self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        self.arns = [self._alarm(alarm).arn for alarm in args.table]
        self._register()

    def _alarm(self, alarm: Alarm) -> aws.cloudwatch.MetricAlarm:
        args, metric = self._args, alarm.metric
        return aws.cloudwatch.MetricAlarm(
            f"{self._name}-{alarm.name}",
            alarm_description=alarm.description,
            namespace=name_of(metric.namespace, args.names),
            metric_name=metric.name,
            dimensions={key: name_of(value, args.names) for key, value in metric.dimensions.items()} or None,
            statistic=metric.statistic,
            period=alarm.period_seconds,
            evaluation_periods=alarm.periods,
            comparison_operator=alarm.comparison.value,
            threshold=alarm.threshold,
            treat_missing_data=alarm.missing.value,
            actions_enabled=not alarm.muted,
            alarm_actions=[args.topic_arn],
            ok_actions=[args.topic_arn],
            opts=self._child(),
        )
