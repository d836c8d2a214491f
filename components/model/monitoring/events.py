"""ECS's events: which are logged, in which form, and which of them are counted.

Events have the environment and command that somebody gave a single task (overrides). Those of services have
none, and are logged as they are; of other tasks only what is named here.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_cwe_events.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

LOG_GROUP_PREFIX: Final = "/aws/events/"
"""Of the log groups that EventBridge's console offers too."""
STOPPED_TASKS: Final = "StoppedTasks"
FAILED_DEPLOYMENTS: Final = "FailedDeployments"
FAILED_MIGRATIONS: Final = "FailedMigrations"
_NAMES: Final = {
    STOPPED_TASKS: "stopped-tasks",
    FAILED_DEPLOYMENTS: "failed-deployments",
    FAILED_MIGRATIONS: "failed-migrations",
}
_TASK: Final = "ECS Task State Change"
_END: Final = ";"
"""Follows each value of a line, so that a filter tells 1 from 10."""


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """A rule of EventBridge that logs events.

    Attributes:
        name: of the rule, within the cluster.
        description: which events.
        detail_type: what ECS calls them.
        detail: further conditions on their detail; the cluster's is added to it.
        resources: whether the cluster stands in the event's resources, and not in its detail.
        paths: what of an event is logged, by name; empty: all of it.
    """

    name: str
    description: str
    detail_type: str
    detail: Mapping[str, Any] = field(default_factory=dict[str, Any])
    resources: bool = False
    paths: Mapping[str, str] = field(default_factory=dict[str, str])

    def pattern(self, cluster_arn: str) -> str:
        """Give the event pattern, as JSON.

        https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
        """
        services = f"{cluster_arn.replace(':cluster/', ':service/', 1)}/"
        where: dict[str, Any] = (
            {"resources": [{"prefix": services}]}
            if self.resources
            else {"detail": {"clusterArn": [cluster_arn], **self.detail}}
        )
        return json.dumps({"source": ["aws.ecs"], "detail-type": [self.detail_type], **where}, sort_keys=True)

    @property
    def template(self) -> str:
        """Give the template of what is logged.

        A log group takes a time and a message, both strings:
        https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
        """
        message = " ".join(f"{name}=<{name}>{_END}" for name in self.paths)
        return f'{{"timestamp": <time>, "message": "{message}"}}'

    @property
    def input_paths(self) -> dict[str, str]:
        """Give where the template's values are in an event."""
        return {"time": "$.time", **self.paths}


RULES: Final = (
    EventRule(
        name="stopped-tasks",
        description="Tasks of services that stopped",
        detail_type=_TASK,
        detail={"group": [{"prefix": "service:"}], "lastStatus": ["STOPPED"]},
    ),
    EventRule(
        name="stopped-one-off-tasks",
        description="Tasks of no service that stopped, without their overrides",
        detail_type=_TASK,
        detail={"group": [{"prefix": "family:"}], "lastStatus": ["STOPPED"]},
        paths={
            "task": "$.detail.taskArn",
            "group": "$.detail.group",
            "stopCode": "$.detail.stopCode",
            "exitCode": "$.detail.containers[0].exitCode",
        },
    ),
    EventRule(
        name="deployments",
        description="Deployments of services",
        detail_type="ECS Deployment State Change",
        resources=True,
    ),
)


def failed_runs(service: str) -> str:
    """Name the metric of failed runs of a scheduled task."""
    return f"Failed{service.title().replace('-', '')}"


def alarm_name(metric: str) -> str:
    """Name the alarm on a metric of events."""
    return _NAMES.get(metric) or f"failed-{metric.removeprefix('Failed').lower()}"


def failed(family: str) -> str:
    """Give the filter of failed runs of a one-off task, by its family.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    """
    return f'"group=family:{family}{_END}" -"exitCode=0{_END}"'


ENDED_BY_THEMSELVES: Final = (
    '{ $.detail.stopCode = "EssentialContainerExited" || $.detail.stopCode = "TaskFailedToStart" '
    '|| $.detail.stoppedReason = "Task failed*" }'
)
"""The filter of services' tasks that ended without being told to, or that a health check ended."""
FAILED_DEPLOYMENT: Final = '{ $.detail.eventName = "SERVICE_DEPLOYMENT_FAILED" }'
