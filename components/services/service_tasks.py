"""The tasks of a service, as ECS and the load balancer report them."""

from collections.abc import Mapping
from typing import Any

from ..base.aws_clients import AwsClients
from . import task_protection
from .rollout_props import RolloutProps

DESCRIBED_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""


def remaining(aws: AwsClients, wanted: RolloutProps, service: Mapping[str, Any]) -> list[str] | None:
    """Name the old tasks that still work, once nothing else is to be waited for; None before."""
    primary = next(one["id"] for one in service["deployments"] if one["status"] == "PRIMARY")
    tasks = listed(aws, wanted, "RUNNING")
    # ECS names the deployment that started a task: two of them may be of one revision. Asleep, all are to go.
    new = [task for task in tasks if service["desiredCount"] and task.get("startedBy") == primary]
    old = [task for task in tasks if task not in new]
    if sum(map(_is_up, new)) < service["desiredCount"] or not _targets_are_right(aws, wanted, service, new):
        return None
    protected = task_protection.protected(aws, wanted.cluster_arn, old)
    awaited = len(old) if wanted.until_idle else len(old) - len(protected)
    return None if awaited else protected


def listed(aws: AwsClients, wanted: RolloutProps, status: str) -> list[dict[str, Any]]:
    """Describe the tasks that ECS wants in a status: of STOPPED, those too that still drain."""
    pages = aws.ecs.get_paginator("list_tasks").paginate(
        cluster=wanted.cluster_arn, serviceName=wanted.service_name, desiredStatus=status
    )
    arns = [arn for page in pages for arn in page["taskArns"]]
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), DESCRIBED_AT_ONCE):
        batch = arns[start : start + DESCRIBED_AT_ONCE]
        found += aws.ecs.describe_tasks(cluster=wanted.cluster_arn, tasks=batch)["tasks"]
    return found


def _is_up(task: Mapping[str, Any]) -> bool:
    return task["lastStatus"] == "RUNNING" and task.get("healthStatus") == "HEALTHY"


def _targets_are_right(
    aws: AwsClients, wanted: RolloutProps, service: Mapping[str, Any], new: list[dict[str, Any]]
) -> bool:
    """Return whether every new task is a healthy target, and no stopping task of this service is one.

    A target group may have others' targets: those of the service that this one replaces.
    """
    balancers = service.get("loadBalancers", [])
    leaving = (
        [one for one in listed(aws, wanted, "STOPPED") if one["lastStatus"] != "STOPPED"] if balancers else []
    )
    for balancer in balancers:
        answer = aws.elbv2.describe_target_health(TargetGroupArn=balancer["targetGroupArn"])
        reached = {
            one["Target"]["Id"]
            for one in answer["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        }
        if len(reached & _addresses(new)) < service["desiredCount"] or reached & _addresses(leaving):
            return False
    return True


def _addresses(tasks: list[dict[str, Any]]) -> set[str]:
    return {
        interface["privateIpv4Address"]
        for task in tasks
        for container in task["containers"]
        for interface in container.get("networkInterfaces", [])
        if "privateIpv4Address" in interface
    }
