"""A Fargate task that runs to its end inside `up`, one at a time."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from ..services import ecs_reports

POLL_SECONDS = 3
PLACEMENT_TRIES = 5
"""Fargate may be short of capacity for a moment."""


class OneOffTaskFailedError(RuntimeError):
    """The task did not start, did not end in time, or ended with another exit code than 0."""


class OneOffTask(Resource, module="index", name="OneOffTask"):
    """Runs a task when it is made, and again when one of its `triggers` changes. Skipped in preview.

    A task that an interrupted `up` left running is found again by its `startedBy` and waited for; another one
    of the same family is let end first, so that two never run at once.

    Errors: see `OneOffTaskFailedError`; the text has the task's reason and its last log lines.
    """

    task_arn: pulumi.Output[str]
    """ARN of the task that ran last."""

    def __init__(
        self,
        name: str,
        *,
        cluster_arn: pulumi.Input[str],
        task_definition_arn: pulumi.Input[str],
        family: pulumi.Input[str],
        container: str,
        subnet_ids: Sequence[pulumi.Input[str]],
        security_group_ids: Sequence[pulumi.Input[str]],
        assign_public_ip: bool,
        log_group: pulumi.Input[str],
        access: Mapping[str, Any],
        timeout_seconds: int,
        triggers: Mapping[str, pulumi.Input[str]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "cluster_arn": cluster_arn,
            "task_definition_arn": task_definition_arn,
            "family": family,
            "container": container,
            "subnet_ids": subnet_ids,
            "security_group_ids": security_group_ids,
            "assign_public_ip": assign_public_ip,
            "log_group": log_group,
            "access": access,
            "timeout_seconds": timeout_seconds,
            "triggers": triggers,
            "task_arn": None,
        }
        super().__init__(OneOffTaskProvider(), name, props, opts)


class OneOffTaskProvider(ResourceProvider):
    """The life of a `OneOffTask`. Pickled by reference: it holds nothing, and its code is no input."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Run the task."""
        return CreateResult(f"{props['family']}-{started_by(props)}", _run(props))

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Run the task again."""
        return UpdateResult(_run(_news))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the triggers, and nothing else: another size of the task is no reason to run it."""
        return DiffResult(changes=_olds["triggers"] != _news["triggers"])


def started_by(props: Mapping[str, Any]) -> str:
    """Name a run by what it is for, in at most 36 letters and digits, as ECS wants it."""
    text = json.dumps([props["family"], props["triggers"]], sort_keys=True)
    return f"airflow-ecs-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _run(props: dict[str, Any]) -> dict[str, Any]:
    aws = AwsClients(props["access"])
    deadline = time.monotonic() + int(props["timeout_seconds"])
    token = started_by(props)
    running = _running(aws.ecs, props)
    for task in (task for task in running if task.get("startedBy") != token):
        _wait_until_stopped(aws.ecs, props, task["taskArn"], deadline)
    ours = next((task["taskArn"] for task in running if task.get("startedBy") == token), None)
    task = _wait_until_stopped(aws.ecs, props, ours or _start(aws.ecs, props, token), deadline)
    _require_success(aws.logs, task, props)
    return {**props, "task_arn": task["taskArn"]}


def _running(ecs: Any, props: Mapping[str, Any]) -> list[dict[str, Any]]:
    arns = ecs.list_tasks(cluster=props["cluster_arn"], family=props["family"], desiredStatus="RUNNING")[
        "taskArns"
    ]
    return ecs.describe_tasks(cluster=props["cluster_arn"], tasks=arns)["tasks"] if arns else []


def _start(ecs: Any, props: Mapping[str, Any], token: str) -> str:
    reasons = ""
    for attempt in range(PLACEMENT_TRIES):
        answer = ecs.run_task(
            cluster=props["cluster_arn"],
            taskDefinition=props["task_definition_arn"],
            launchType="FARGATE",
            startedBy=token,
            propagateTags="TASK_DEFINITION",
            enableECSManagedTags=True,
            networkConfiguration={
                "awsvpcConfiguration": {
                    "subnets": props["subnet_ids"],
                    "securityGroups": props["security_group_ids"],
                    "assignPublicIp": "ENABLED" if props["assign_public_ip"] else "DISABLED",
                }
            },
        )
        if answer["tasks"]:
            return answer["tasks"][0]["taskArn"]
        reasons = ", ".join(failure.get("reason", "unknown") for failure in answer["failures"])
        time.sleep(POLL_SECONDS * 2**attempt)
    raise OneOffTaskFailedError(f"{props['family']}: ECS did not start the task: {reasons}")


def _wait_until_stopped(ecs: Any, props: Mapping[str, Any], task_arn: str, deadline: float) -> dict[str, Any]:
    while time.monotonic() < deadline:
        found = ecs.describe_tasks(cluster=props["cluster_arn"], tasks=[task_arn])["tasks"]
        if found and found[0]["lastStatus"] == "STOPPED":
            return found[0]
        time.sleep(POLL_SECONDS)
    raise OneOffTaskFailedError(
        f"{props['family']}: task {ecs_reports.task_id(task_arn)} still runs after "
        f"{int(props['timeout_seconds'])} s. It goes on; run `pulumi up` again to wait for it"
    )


def _require_success(logs: Any, task: Mapping[str, Any], props: Mapping[str, Any]) -> None:
    codes = [container.get("exitCode") for container in task["containers"]]
    if codes and all(code == 0 for code in codes):
        return
    lines = ecs_reports.last_lines(logs, props["log_group"], props["container"], task["taskArn"])
    raise OneOffTaskFailedError(f"{props['family']}: {ecs_reports.report(task, lines)}")
