"""Makes `up` wait until a service really runs what was deployed, and fail when it does not.

ECS reports a deployment that its circuit breaker rolled back as a steady service, so the running task
definition is compared with the wanted one. https://github.com/pulumi/pulumi-aws/issues/4487
"""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from . import ecs_reports, task_protection
from .aws_clients import AwsClients

POLL_SECONDS = 3
FAILED_TASKS_SHOWN = 2
DESCRIBED_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""


class RolloutFailedError(RuntimeError):
    """The service does not run the wanted task definition, or not in time."""


class Rollout(Resource, module="index", name="Rollout"):
    """Waits until a service's tasks of the wanted task definition are all there and healthy.

    Old tasks may remain only while they drain, or protect themselves because they still work;
    `remaining` names those.

    Errors: `RolloutFailedError`, with the reason and the last log lines of the tasks that stopped.
    """

    remaining: pulumi.Output[list[str]]
    """Old tasks that still finish their work, and until when."""

    def __init__(
        self,
        name: str,
        *,
        cluster_arn: pulumi.Input[str],
        service_name: pulumi.Input[str],
        task_definition_arn: pulumi.Input[str],
        container: str,
        log_group: pulumi.Input[str],
        access: Mapping[str, Any],
        timeout_seconds: int,
        desired_count: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "cluster_arn": cluster_arn,
            "service_name": service_name,
            "task_definition_arn": task_definition_arn,
            "container": container,
            "log_group": log_group,
            "access": access,
            "timeout_seconds": timeout_seconds,
            "desired_count": desired_count,
            "remaining": None,
        }
        super().__init__(RolloutProvider(), name, props, opts)


class RolloutProvider(ResourceProvider):
    """The life of a `Rollout`. Pickled by reference: it holds nothing, and its code is no input."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait for the first deployment."""
        return CreateResult(str(props["service_name"]), _wait(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait for another deployment."""
        return UpdateResult(_wait(_news))

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Let the tasks go that protect themselves: the service is deleted next, and would wait for them."""
        aws = AwsClients(_props["access"])
        task_protection.lift(aws, str(_props["cluster_arn"]), str(_props["service_name"]))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """There is something to wait for when the service, its task definition or its number changes."""
        watched = ("cluster_arn", "service_name", "task_definition_arn", "desired_count")
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in watched))


def _wait(props: dict[str, Any]) -> dict[str, Any]:
    aws = AwsClients(props["access"])
    deadline = time.monotonic() + int(props["timeout_seconds"])
    while True:
        service = _service(aws, props)
        deployed = next(one for one in service["deployments"] if one["status"] == "PRIMARY")
        if deployed["taskDefinition"] != props["task_definition_arn"]:
            raise RolloutFailedError(_failure(aws, props, "ECS rolled it back", service))
        if deployed.get("rolloutState") == "FAILED":
            raise RolloutFailedError(_failure(aws, props, "its deployment failed", service))
        tasks = _tasks(aws, props, "RUNNING")
        new = [task for task in tasks if task["taskDefinitionArn"] == props["task_definition_arn"]]
        old = [task for task in tasks if task["taskDefinitionArn"] != props["task_definition_arn"]]
        if sum(map(_is_up, new)) >= service["desiredCount"] and _targets_are_right(aws, service, new, old):
            remaining = task_protection.protected(aws, props["cluster_arn"], old)
            if len(remaining) == len(old):
                return {**props, "remaining": remaining}
        if time.monotonic() > deadline:
            seconds = int(props["timeout_seconds"])
            raise RolloutFailedError(_failure(aws, props, f"it is not there after {seconds} s", service))
        time.sleep(POLL_SECONDS)


def _service(aws: AwsClients, props: Mapping[str, Any]) -> dict[str, Any]:
    found = aws.ecs.describe_services(cluster=props["cluster_arn"], services=[props["service_name"]])[
        "services"
    ]
    if not found:
        raise RolloutFailedError(
            f"service {props['service_name']} does not exist; run `pulumi refresh`, then `up`"
        )
    return found[0]


def _tasks(aws: AwsClients, props: Mapping[str, Any], status: str) -> list[dict[str, Any]]:
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
    aws: AwsClients, service: Mapping[str, Any], new: list[dict[str, Any]], old: list[dict[str, Any]]
) -> bool:
    """Tell whether users reach every new task, and no task any more that is to stop."""
    for balancer in service.get("loadBalancers", []):
        answer = aws.elbv2.describe_target_health(TargetGroupArn=balancer["targetGroupArn"])
        reached = {
            one["Target"]["Id"]
            for one in answer["TargetHealthDescriptions"]
            if one["TargetHealth"]["State"] == "healthy"
        }
        if len(reached & _addresses(new)) < service["desiredCount"] or reached - _addresses(new + old):
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


def _failure(aws: AwsClients, props: Mapping[str, Any], what: str, service: Mapping[str, Any]) -> str:
    stopped = [
        task
        for task in _tasks(aws, props, "STOPPED")
        if task["taskDefinitionArn"] == props["task_definition_arn"]
    ]
    lines = [
        f"service {props['service_name']}: {what}; wanted {props['task_definition_arn'].rsplit('/', 1)[-1]}"
    ]
    lines += [f"  ECS says: {event['message']}" for event in service.get("events", [])[:3]]
    running = _tasks(aws, props, "RUNNING")
    lines += [f"  task {one}" for one in task_protection.protected(aws, props["cluster_arn"], running)]
    for task in stopped[-FAILED_TASKS_SHOWN:]:
        container = ecs_reports.culprit(task, props["container"])
        tail = ecs_reports.last_lines(aws.logs, props["log_group"], container, task["taskArn"])
        lines.append(f"  {ecs_reports.report(task, tail)}")
    return "\n".join(lines)
