"""A Fargate task that runs to its end inside `up`, one at a time."""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import pulumi
from botocore.exceptions import ClientError
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from ..model.aws import fargate
from ..services import ecs_reports

POLL_SECONDS = 3
START_TRIES = 5
"""Fargate may be short of capacity for a moment, and a new role unknown to ECS for some seconds.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
"""
NO_ROLE_YET = "unable to assume the role"
"""https://github.com/pulumi/pulumi-awsx/issues/927"""
NO_POLICY_YET = ("ResourceInitializationError", "AccessDenied")


class OneOffTaskFailedError(RuntimeError):
    """The task did not start, did not end in time, or ended with another exit code than 0."""


@dataclass(frozen=True, kw_only=True)
class TaskRun:
    """The properties of a `OneOffTask` that its provider reads."""

    cluster_arn: str
    task_definition_arn: str
    family: str
    container: str
    subnet_ids: Sequence[str]
    security_group_ids: Sequence[str]
    assign_public_ip: bool
    log_group: str
    access: Mapping[str, Any]
    timeout_seconds: float
    triggers: Mapping[str, str]

    @classmethod
    def from_props(cls, props: Mapping[str, Any]) -> Self:
        """Read them from the resource's properties."""
        return cls(**{field.name: props[field.name] for field in fields(cls)})

    @property
    def started_by(self) -> str:
        """A name of the run by what it is for, in at most 36 letters and digits, as ECS wants it."""
        text = json.dumps([self.family, self.triggers], sort_keys=True)
        return f"airflow-ecs-{hashlib.sha256(text.encode()).hexdigest()[:24]}"


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
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Run the task."""
        wanted = TaskRun.from_props(props)
        return CreateResult(f"{wanted.family}-{wanted.started_by}", {**props, "task_arn": _run(wanted)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Run the task again."""
        return UpdateResult({**_news, "task_arn": _run(TaskRun.from_props(_news))})

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Compare the triggers, and nothing else: another size of the task is no reason to run it."""
        return DiffResult(changes=_olds["triggers"] != _news["triggers"])


def _run(wanted: TaskRun) -> str:
    """Run the task to its end; return its ARN."""
    aws = AwsClients(wanted.access)
    deadline = time.monotonic() + wanted.timeout_seconds
    token = wanted.started_by
    running = _running(aws.ecs, wanted)
    for task in (task for task in running if task.get("startedBy") != token):
        _wait_until_stopped(aws.ecs, wanted, task["taskArn"], deadline)
    ours = next((task["taskArn"] for task in running if task.get("startedBy") == token), None)
    task = _wait_until_stopped(aws.ecs, wanted, ours or _start(aws.ecs, wanted, token), deadline)
    for attempt in range(1, START_TRIES):
        if not all(word in task.get("stoppedReason", "") for word in NO_POLICY_YET):
            break
        time.sleep(POLL_SECONDS * 2**attempt)
        task = _wait_until_stopped(aws.ecs, wanted, _start(aws.ecs, wanted, token), deadline)
    _require_success(aws.logs, task, wanted)
    return task["taskArn"]


def _running(ecs: Any, wanted: TaskRun) -> list[dict[str, Any]]:
    running = ecs.list_tasks(cluster=wanted.cluster_arn, family=wanted.family, desiredStatus="RUNNING")
    arns = running["taskArns"]
    return ecs.describe_tasks(cluster=wanted.cluster_arn, tasks=arns)["tasks"] if arns else []


def _start(ecs: Any, wanted: TaskRun, token: str) -> str:
    reasons = ""
    for attempt in range(START_TRIES):
        try:
            answer = _run_task(ecs, wanted, token)
        except ClientError as error:
            if NO_ROLE_YET not in (reasons := str(error)):
                raise
        else:
            if answer["tasks"]:
                return answer["tasks"][0]["taskArn"]
            reasons = ", ".join(failure.get("reason", "unknown") for failure in answer["failures"])
        time.sleep(POLL_SECONDS * 2**attempt)
    raise OneOffTaskFailedError(f"{wanted.family}: ECS did not start the task: {reasons}")


def _run_task(ecs: Any, wanted: TaskRun, token: str) -> dict[str, Any]:
    return ecs.run_task(
        cluster=wanted.cluster_arn,
        taskDefinition=wanted.task_definition_arn,
        launchType=fargate.LAUNCH_TYPE,
        startedBy=token,
        propagateTags="TASK_DEFINITION",
        enableECSManagedTags=True,
        networkConfiguration={
            "awsvpcConfiguration": {
                "subnets": wanted.subnet_ids,
                "securityGroups": wanted.security_group_ids,
                "assignPublicIp": "ENABLED" if wanted.assign_public_ip else "DISABLED",
            }
        },
    )


def _wait_until_stopped(ecs: Any, wanted: TaskRun, task_arn: str, deadline: float) -> dict[str, Any]:
    while time.monotonic() < deadline:
        found = ecs.describe_tasks(cluster=wanted.cluster_arn, tasks=[task_arn])["tasks"]
        if found and found[0]["lastStatus"] == "STOPPED":
            return found[0]
        time.sleep(POLL_SECONDS)
    raise OneOffTaskFailedError(
        f"{wanted.family}: task {ecs_reports.task_id(task_arn)} still runs after "
        f"{wanted.timeout_seconds:.0f} s. It goes on; run `pulumi up` again to wait for it"
    )


def _require_success(logs: Any, task: Mapping[str, Any], wanted: TaskRun) -> None:
    codes = [container.get("exitCode") for container in task["containers"]]
    if codes and all(code == 0 for code in codes):
        return
    lines = ecs_reports.last_lines(logs, wanted.log_group, wanted.container, task["taskArn"])
    raise OneOffTaskFailedError(f"{wanted.family}: {ecs_reports.report(task, lines)}")
