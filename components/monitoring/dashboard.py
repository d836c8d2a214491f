"""A CloudWatch dashboard of what the alarms watch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..model.alarm import Alarm
from ..model.monitoring import dashboard
from .names import name_of


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """What a `Dashboard` is made from."""

    table: Sequence[Alarm]
    """What is shown: the metric of each alarm, and its threshold."""
    names: Mapping[str, pulumi.Input[str]]
    """What AWS names the resources that they are about."""
    region: str
    """The AWS region."""
    alarm_arns: Sequence[pulumi.Output[str]]
    """The alarms whose states are shown; empty: there are none."""


class Dashboard(Component):
    """Makes a dashboard. Idle cost: 3 USD a month, beyond the three of an account that are free."""

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        metrics = [_metric(alarm, args.names) for alarm in args.table]
        body = pulumi.Output.all(metrics=metrics, alarm_arns=[*args.alarm_arns]).apply(
            lambda known: dashboard.body(args.table, region=args.region, **known)
        )
        aws.cloudwatch.Dashboard(
            name,
            dashboard_name=name,
            dashboard_body=pulumi.Output.json_dumps(body, sort_keys=True),
            opts=self._child(),
        )
        self._register()


def _metric(alarm: Alarm, names: Mapping[str, pulumi.Input[str]]) -> list[Any]:
    """Give a metric as a dashboard names it: namespace, name, and each dimension with its value."""
    metric = alarm.metric
    dimensions = [part for key, value in metric.dimensions.items() for part in (key, name_of(value, names))]
    return [name_of(metric.namespace, names), metric.name, *dimensions]
