"""Makes `up` wait until a service really runs what was deployed, and fail when it does not.

ECS reports a deployment that its circuit breaker rolled back as a steady service, so the running task
definition is compared with the wanted one. https://github.com/pulumi/pulumi-aws/issues/4487

Where the wanted deployment failed in an earlier `up`, nothing in this one would try it again: this does.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from ..base.aws_clients import AwsClients
from . import service_tasks, task_protection
from .deployments import Verdict, Watched
from .rollout_failure import failure
from .rollout_props import RolloutProps, changed
from .settling import Settling

POLL_SECONDS = 3
FAILURES = {Verdict.FAILED: "its deployment failed", Verdict.ROLLED_BACK: "ECS rolled it back"}


class RolloutFailedError(RuntimeError):
    """The service does not run the wanted task definition, or not in time."""


class Rollout(Resource, module="index", name="Rollout"):
    """Waits until a service's tasks of the wanted task definition are all there and healthy, and stay so.

    Where one ends by itself within `settling_seconds`, what ran before is deployed again.
    Old tasks may remain only while they drain, or protect themselves as they still work (`remaining`).

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
        capacity_provider_strategy: Sequence[Mapping[str, Any]],
        container: str,
        log_group: pulumi.Input[str],
        access: Mapping[str, Any],
        timeout_seconds: int,
        settling_seconds: int,
        desired_count: int,
        maximum_count: int,
        scaled_externally: bool,
        asleep: bool,
        until_idle: bool,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props: dict[str, Any] = {
            "cluster_arn": cluster_arn,
            "service_name": service_name,
            "task_definition_arn": task_definition_arn,
            "capacity_provider_strategy": capacity_provider_strategy,
            "container": container,
            "log_group": log_group,
            "access": access,
            "timeout_seconds": timeout_seconds,
            "settling_seconds": settling_seconds,
            "desired_count": desired_count,
            "maximum_count": maximum_count,
            "scaled_externally": scaled_externally,
            "asleep": asleep,
            "until_idle": until_idle,
            "remaining": None,
        }
        super().__init__(RolloutProvider(), name, props, opts)


class RolloutProvider(ResourceProvider):
    """Stateless provider; pickled by reference, so that a change of its code is no change of the resource."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Wait for the first deployment."""
        wanted = RolloutProps.from_props(props)
        if wanted.scaled_externally:  # an `up` that failed may have made the service with another number
            _set_count(wanted)
        return CreateResult(wanted.service_name, {**props, "remaining": wait(wanted)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Wait for another deployment."""
        wanted = RolloutProps.from_props(_news)
        before = RolloutProps.of_state(_olds, _news)
        if wanted.sets_count(before):
            _set_count(wanted)
        return UpdateResult({**_news, "remaining": wait(wanted, before)})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        """Let the tasks go that protect themselves: the service is deleted next, and would wait for them."""
        aws = AwsClients(_props["access"])
        task_protection.lift(aws, str(_props["cluster_arn"]), str(_props["service_name"]))

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """There is something to wait for when the service, what it runs, where or how often changes."""
        return DiffResult(changes=changed(_olds, _news))


def wait(wanted: RolloutProps, before: RolloutProps | None = None) -> list[str]:
    """Return the old tasks that still work, once nothing else is to be waited for."""
    aws = AwsClients(wanted.access)
    deadline = time.monotonic() + wanted.timeout_seconds
    watched = Watched(
        task_definition=wanted.task_definition_arn,
        capacity_provider_strategy=wanted.capacity_provider_strategy,
        desired_count=wanted.desired_count,
    )
    settling = Settling(seconds=wanted.settling_seconds)
    while True:
        service, now = described(aws, wanted), time.monotonic()
        verdict = watched.verdict(service, now)
        if verdict in FAILURES:
            raise RolloutFailedError(failure(aws, wanted, FAILURES[verdict], service))
        if verdict is Verdict.DEPLOY:
            watched.deployed(service["deployments"])
            deploy(aws, wanted)
        remaining = service_tasks.remaining(aws, wanted, service) if verdict is Verdict.WATCH else None
        if remaining is not None:
            settling.begin(now)
            if settling.over(now) or not service["desiredCount"]:
                return remaining
        if settling.begun and _one_ended(aws, wanted, settling):
            again = _roll_back(aws, wanted, before)
            what = f"a task ended by itself, after all were healthy{again}"
            raise RolloutFailedError(failure(aws, wanted, what, service))
        if time.monotonic() > deadline:
            raise RolloutFailedError(failure(aws, wanted, wanted.overdue, service))
        time.sleep(POLL_SECONDS)


def _one_ended(aws: AwsClients, wanted: RolloutProps, settling: Settling) -> bool:
    running, stopped = (
        [
            task
            for task in service_tasks.listed(aws, wanted, status)
            if task["taskDefinitionArn"] == wanted.task_definition_arn
        ]
        for status in ("RUNNING", "STOPPED")
    )
    return settling.ended(running, stopped)


def _roll_back(aws: AwsClients, wanted: RolloutProps, before: RolloutProps | None) -> str:
    """Deploy what ran before, as ECS would have; say so."""
    if before is None or before.task_definition_arn == wanted.task_definition_arn:
        return ""
    deploy(aws, before)
    return f"; {before.task_definition_arn.rsplit('/', 1)[-1]} is deployed again"


def deploy(aws: AwsClients, wanted: RolloutProps) -> None:
    """Start another deployment of what is wanted."""
    aws.ecs.update_service(
        cluster=wanted.cluster_arn,
        service=wanted.service_name,
        taskDefinition=wanted.task_definition_arn,
        capacityProviderStrategy=wanted.capacity_provider_strategy,
        forceNewDeployment=True,
    )


def _set_count(wanted: RolloutProps) -> None:
    aws = AwsClients(wanted.access)
    count = wanted.within_bounds(described(aws, wanted)["desiredCount"])
    aws.ecs.update_service(cluster=wanted.cluster_arn, service=wanted.service_name, desiredCount=count)


def described(aws: AwsClients, wanted: RolloutProps) -> dict[str, Any]:
    """Describe the service."""
    found = aws.ecs.describe_services(cluster=wanted.cluster_arn, services=[wanted.service_name])["services"]
    if not found:
        raise RolloutFailedError(
            f"service {wanted.service_name} does not exist; run `pulumi refresh`, then `up`"
        )
    return found[0]
