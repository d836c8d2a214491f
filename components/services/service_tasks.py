"""The tasks of a service, as ECS and the load balancer tell of them."""

from collections.abc import Mapping
from typing import Any

from ..base.aws_clients import AwsClients
from . import task_protection

DESCRIBED_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""


def remaining(aws: AwsClients, props: Mapping[str, Any], service: Mapping[str, Any]) -> list[str] | None:
    """Name the old tasks that still work, once nothing else is to be waited for; None before."""
    primary = next(one["id"] for one in service["deployments"] if one["status"] == "PRIMARY")
    tasks = listed(aws, props, "RUNNING")
    # ECS names the deployment that started a task: two of them may be of one revision.
    new = [task for task in tasks if task.get("startedBy") == primary]
    old = [task for task in tasks if task.get("startedBy") != primary]
    if sum(map(_is_up, new)) < service["desiredCount"] or not _targets_are_right(aws, props, service, new):
        return None
    protected = task_protection.protected(aws, props["cluster_arn"], old)
    return protected if len(protected) == len(old) else None


def listed(aws: AwsClients, props: Mapping[str, Any], status: str) -> list[dict[str, Any]]:
    """Describe the tasks that ECS wants in a status: of STOPPED, those too that still drain."""
    pages = aws.ecs.get_paginator("list_tasks").paginate(
        cluster=props["cluster_arn"], serviceName=props["service_name"], desiredStatus=status
    )
    arns = [arn for page in pages for arn in page["taskArns"]]
    found: list[dict[str, Any]] = []
    for start in range(0, len(arns), DESCRIBED_AT_ONCE):
        batch = arns[start : start + DESCRIBED_AT_ONCE]
        found += aws.ecs.describe_tasks(cluster=props["cluster_arn"], tasks=batch)["tasks"]
    return found


def _is_up(task: Mapping[str, Any]) -> bool:
    return task["lastStatus"] == "RUNNING" and task.get("healthStatus") == "HEALTHY"


def _targets_are_right(
    aws: AwsClients, props: Mapping[str, Any], service: Mapping[str, Any], new: list[dict[str, Any]]
) -> bool:
    """Tell whether users reach every new task, and no task of this service any more that is to stop.

    A target group may have others' targets: those of the service that this one replaces.
    """
    balancers = service.get("loadBalancers", [])
    leaving = (
        [one for one in listed(aws, props, "STOPPED") if one["lastStatus"] != "STOPPED"] if balancers else []
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
