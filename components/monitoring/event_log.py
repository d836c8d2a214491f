"""A log of ECS's events: why tasks stopped, and what became of deployments.

Costs what is written: a few kilobytes for each task that stops.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from ..base.component import Component
from ..base.resource_defaults import ResourceDefaults
from ..model.aws import aws_names
from ..model.iam import resource_policies
from ..model.monitoring import events
from ..model.monitoring.events import EventRule


@dataclass(frozen=True, kw_only=True)
class EventLogArgs:
    """What an `EventLog` is made from."""

    cluster_arn: pulumi.Output[str]
    """The ECS cluster."""
    namespace: pulumi.Output[str]
    """The namespace of the cluster's metrics."""
    families: Mapping[str, pulumi.Input[str]]
    """Task definition's family by one-off task."""
    migration: str
    """Which of those each deployment starts."""
    counted: bool
    """Whether failures are counted as metrics, since somebody watches them."""
    defaults: ResourceDefaults
    """Retention and KMS key."""


class EventLog(Component):
    """Makes a log group, EventBridge rules that write to it, and metric filters that count failures.

    The rules' permission is one of the ten resource policies of CloudWatch Logs in a region.
    """

    log_group: pulumi.Output[str]
    """Name of the log group."""

    def __init__(self, name: str, args: EventLogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self._name, self._args = name, args
        group = args.defaults.log_group(name, self._child(), group_name=f"{events.LOG_GROUP_PREFIX}{name}")
        policy = group.arn.apply(resource_policies.logged_events)
        allowed = aws.cloudwatch.LogResourcePolicy(
            name,
            policy_name=name,
            policy_document=pulumi.Output.json_dumps(policy, sort_keys=True),
            opts=self._child(),
        )
        for rule in events.RULES:
            self._rule(rule, group, allowed)
        if args.counted:
            self._count(group)
        self.log_group = group.name
        self._register()

    def _rule(
        self, rule: EventRule, group: aws.cloudwatch.LogGroup, allowed: aws.cloudwatch.LogResourcePolicy
    ) -> None:
        name = aws_names.fitting("aws:cloudwatch/eventRule:EventRule", f"{self._name}-{rule.name}")
        made = aws.cloudwatch.EventRule(
            name,
            description=rule.description,
            event_pattern=self._args.cluster_arn.apply(rule.pattern),
            opts=self._child(),
        )
        aws.cloudwatch.EventTarget(
            name,
            rule=made.name,
            arn=group.arn,
            input_transformer={"input_paths": rule.input_paths, "input_template": rule.template}
            if rule.paths
            else None,
            opts=self._child(pulumi.ResourceOptions(depends_on=[allowed])),
        )

    def _count(self, group: aws.cloudwatch.LogGroup) -> None:
        families = dict(self._args.families)
        filters: dict[str, pulumi.Input[str]] = {
            events.STOPPED_TASKS: events.ENDED_BY_THEMSELVES,
            events.FAILED_DEPLOYMENTS: events.FAILED_DEPLOYMENT,
            events.FAILED_MIGRATIONS: _failed(families.pop(self._args.migration)),
            **{events.failed_runs(service): _failed(family) for service, family in families.items()},
        }
        for metric, pattern in filters.items():
            aws.cloudwatch.LogMetricFilter(
                f"{self._name}-{events.alarm_name(metric)}",
                log_group_name=group.name,
                pattern=pattern,
                metric_transformation={"name": metric, "namespace": self._args.namespace, "value": "1"},
                opts=self._child(),
            )


def _failed(family: pulumi.Input[str]) -> pulumi.Output[str]:
    return pulumi.Output.from_input(family).apply(events.failed)
