"""Makes `up` wait until a service really runs what was deployed, and fail when it does not.

ECS reports a deployment that its circuit breaker rolled back as a steady service, so the running task
definition is compared with the wanted one. https://github.com/pulumi/pulumi-aws/issues/4487

Where the wanted deployment failed in an earlier `up`, nothing in this one would try it again: this does.
"""

import time
from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from . import ecs_reports, service_tasks, task_protection
from .deployments import Verdict, Watched

POLL_SECONDS = 3
FAILURES = {Verdict.FAILED: "its deployment failed", Verdict.ROLLED_BACK: "ECS rolled it back"}
FAILED_TASKS_SHOWN = 2


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
        capacity_provider: str,
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
            "capacity_provider": capacity_provider,
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
        """There is something to wait for when the service, what it runs, where or how often changes."""
        watched = ("cluster_arn", "service_name", "task_definition_arn", "capacity_provider", "desired_count")
        return DiffResult(changes=any(_olds.get(name) != _news.get(name) for name in watched))


def _wait(props: dict[str, Any]) -> dict[str, Any]:
    aws = AwsClients(props["access"])
    deadline = time.monotonic() + int(props["timeout_seconds"])
    watched = Watched(
        task_definition=props["task_definition_arn"],
        capacity_provider=props["capacity_provider"],
        desired_count=int(props["desired_count"]),
    )
    while True:
        service = _service(aws, props)
        verdict = watched.judge(service, time.monotonic())
        if verdict in FAILURES:
            raise RolloutFailedError(_failure(aws, props, FAILURES[verdict], service))
        if verdict is Verdict.DEPLOY:
            watched.deployed(service["deployments"])
            _deploy(aws, props)
        remaining = service_tasks.remaining(aws, props, service) if verdict is Verdict.WATCH else None
        if remaining is not None:
            return {**props, "remaining": remaining}
        if time.monotonic() > deadline:
            seconds = int(props["timeout_seconds"])
            raise RolloutFailedError(_failure(aws, props, f"it is not there after {seconds} s", service))
        time.sleep(POLL_SECONDS)


def _deploy(aws: AwsClients, props: Mapping[str, Any]) -> None:
    aws.ecs.update_service(
        cluster=props["cluster_arn"],
        service=props["service_name"],
        taskDefinition=props["task_definition_arn"],
        capacityProviderStrategy=[{"capacityProvider": props["capacity_provider"], "weight": 1}],
        forceNewDeployment=True,
    )


def _service(aws: AwsClients, props: Mapping[str, Any]) -> dict[str, Any]:
    found = aws.ecs.describe_services(cluster=props["cluster_arn"], services=[props["service_name"]])[
        "services"
    ]
    if not found:
        raise RolloutFailedError(
            f"service {props['service_name']} does not exist; run `pulumi refresh`, then `up`"
        )
    return found[0]


def _failure(aws: AwsClients, props: Mapping[str, Any], what: str, service: Mapping[str, Any]) -> str:
    stopped = [
        task
        for task in service_tasks.listed(aws, props, "STOPPED")
        if task["taskDefinitionArn"] == props["task_definition_arn"]
    ]
    lines = [
        f"service {props['service_name']}: {what}; wanted {props['task_definition_arn'].rsplit('/', 1)[-1]}"
    ]
    lines += [f"  ECS says: {event['message']}" for event in service.get("events", [])[:3]]
    running = service_tasks.listed(aws, props, "RUNNING")
    lines += [f"  task {one}" for one in task_protection.protected(aws, props["cluster_arn"], running)]
    for task in stopped[-FAILED_TASKS_SHOWN:]:
        container = ecs_reports.culprit(task, props["container"])
        tail = ecs_reports.last_lines(aws.logs, props["log_group"], container, task["taskArn"])
        lines.append(f"  {ecs_reports.report(task, tail)}")
    return "\n".join(lines)
