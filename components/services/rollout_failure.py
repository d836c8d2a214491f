"""What the person at the terminal needs to know of a rollout that failed."""

from collections.abc import Mapping
from typing import Any

from ..base.aws_clients import AwsClients
from . import ecs_reports, service_tasks, task_protection
from .rollout_props import RolloutProps

FAILED_TASKS_SHOWN = 2


def failure(aws: AwsClients, wanted: RolloutProps, what: str, service: Mapping[str, Any]) -> str:
    """Put together what failed, what ECS reports of it, and why the last tasks stopped, with their logs."""
    stopped = [
        task
        for task in service_tasks.listed(aws, wanted, "STOPPED")
        if task["taskDefinitionArn"] == wanted.task_definition_arn
    ]
    lines = [f"service {wanted.service_name}: {what}; wanted {wanted.task_definition_arn.rsplit('/', 1)[-1]}"]
    lines += [f"  ECS reports: {event['message']}" for event in service.get("events", [])[:3]]
    running = service_tasks.listed(aws, wanted, "RUNNING")
    lines += [f"  task {one}" for one in task_protection.protected(aws, wanted.cluster_arn, running)]
    for task in stopped[-FAILED_TASKS_SHOWN:]:
        container = ecs_reports.culprit(task, wanted.container)
        tail = ecs_reports.last_lines(aws.logs, wanted.log_group, container, task["taskArn"])
        lines.append(f"  {ecs_reports.report(task, tail)}")
    return "\n".join(lines)
