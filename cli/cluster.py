"""What runs for a stack at AWS: every call that the commands for a running cluster make."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cli.errors import UsageError
from components.model.aws import fargate

if TYPE_CHECKING:
    from cli.stack import Stack

SERVICES_AT_ONCE: Final = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
TASKS_AT_ONCE: Final = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html"""
STARTED_BY: Final = "airflow-ecs-run"
"""What ECS and CloudTrail name the commands' one-off tasks by."""
IDLE: Final = ("sleep", "infinity")
NEEDED: Final = ("cluster_name", "service_names", "log_groups")
"""Outputs that a complete stack has."""


@contextmanager
def opened(stack: "Stack", what: str) -> "Generator[Cluster]":
    """Open a stack's cluster, with the stack's own identity at AWS.

    Args:
        stack: whose cluster.
        what: what cannot be done if AWS refuses, such as `the status of stack dev cannot be read`.

    Raises:
        UsageError: the stack is not deployed, or not completely; AWS refused, or could not be reached.
    """
    from botocore.config import Config  # noqa: PLC0415 - `--help` does without

    with stack.at_aws(what):
        session: Any = stack.session()
        config = Config(retries={"mode": "standard"})
        yield Cluster(
            stack.name,
            stack.account_id,
            stack.outputs,
            partial(session.client, config=config),
        )


class Cluster:
    """A stack's ECS cluster and what belongs to it.

    Args:
        stack: the stack's name.
        account_id: its account.
        outputs: those of the stack.
        client: makes a boto3 client of an AWS service, in the stack's region or in another one.

    Raises:
        UsageError: the stack was not deployed completely.
    """

    def __init__(
        self, stack: str, account_id: str, outputs: Mapping[str, Any], client: Callable[..., Any]
    ) -> None:
        if missing := [name for name in NEEDED if not outputs.get(name)]:
            raise UsageError(
                f"stack {stack} is not complete: it has no {missing[0]} yet. Run `pulumi up --stack {stack}`"
            )
        self.stack = stack
        self.name: str = outputs["cluster_name"]
        self.service_names: Mapping[str, str] = outputs["service_names"]
        self.log_groups: Mapping[str, str] = outputs["log_groups"]
        self._account_id = account_id
        self._client = client
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the client of an AWS service."""
        if service not in self._clients:
            self._clients[service] = self._client(service)
        return self._clients[service]

    def client_in(self, service: str, region: str) -> Any:
        """Return the client of an AWS service in a region, which need not be the stack's."""
        return self._client(service, region_name=region)

    def services(self) -> list[dict[str, Any]]:
        """Describe its ECS services; one that does not exist is not among them.

        Raises:
            UsageError: there is no such cluster.
        """
        names = sorted({*self.service_names.values()})
        ecs = self.client("ecs")
        found: list[dict[str, Any]] = []
        try:
            for start in range(0, len(names), SERVICES_AT_ONCE):
                batch = names[start : start + SERVICES_AT_ONCE]
                found += ecs.describe_services(cluster=self.name, services=batch)["services"]
        except ecs.exceptions.ClusterNotFoundException:
            raise UsageError(self._missing(f"cluster {self.name}")) from None
        return [one for one in found if one["status"] != "INACTIVE"]

    def service(self, component: str) -> dict[str, Any]:
        """Describe the ECS service of an Airflow component, in a cluster that is awake.

        Raises:
            UsageError: it does not exist, or the stack is asleep.
        """
        found = self.services()
        self.require_awake(found)
        name = self.service_names[component]
        for one in found:
            if one["serviceName"] == name:
                return one
        raise UsageError(self._missing(f"service {name}"))

    def require_awake(self, services: Sequence[Mapping[str, Any]]) -> None:
        """Refuse a stack that runs no task.

        Raises:
            UsageError: no service is to run one.
        """
        if services and not any(one["desiredCount"] for one in services):
            raise UsageError(
                f"stack {self.stack} is asleep: none of its services is to run a task. Set asleep to false, "
                f"and run `pulumi up --stack {self.stack}`"
            )

    def tasks(self, status: str) -> list[dict[str, Any]]:
        """Describe the tasks that ECS wants in a status; the stopped ones of about the last hour."""
        ecs = self.client("ecs")
        pages = ecs.get_paginator("list_tasks").paginate(cluster=self.name, desiredStatus=status)
        arns = [arn for page in pages for arn in page["taskArns"]]
        found: list[dict[str, Any]] = []
        for start in range(0, len(arns), TASKS_AT_ONCE):
            batch = arns[start : start + TASKS_AT_ONCE]
            found += ecs.describe_tasks(cluster=self.name, tasks=batch)["tasks"]
        return found

    def start(self, service: Mapping[str, Any], container: str, command: Sequence[str]) -> str:
        """Start a one-off task of a service's task definition, in its network; return its ARN.

        Containers that share the task would run their services once more: they wait instead.

        Args:
            service: as ECS describes it.
            container: the one that runs the command.
            command: instead of its own.

        Raises:
            UsageError: ECS has no capacity, or another reason not to start it.
        """
        ecs = self.client("ecs")
        definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
        overrides = [
            {"name": one["name"], "command": [*command] if one["name"] == container else [*IDLE]}
            for one in definition["containerDefinitions"]
        ]
        answer = ecs.run_task(
            cluster=self.name,
            taskDefinition=definition["taskDefinitionArn"],
            launchType=fargate.LAUNCH_TYPE,
            networkConfiguration=service["networkConfiguration"],
            overrides={"containerOverrides": overrides},
            startedBy=STARTED_BY,
            propagateTags="TASK_DEFINITION",
            enableECSManagedTags=True,
        )
        if not answer["tasks"]:
            reasons = ", ".join(failure.get("reason", "unknown") for failure in answer["failures"])
            raise UsageError(f"ECS did not start a task of stack {self.stack}: {reasons}. Try again later")
        return answer["tasks"][0]["taskArn"]

    def task(self, arn: str) -> dict[str, Any] | None:
        """Describe a task; None where ECS does not know it yet."""
        found = self.client("ecs").describe_tasks(cluster=self.name, tasks=[arn])["tasks"]
        return found[0] if found else None

    def stop(self, arn: str, reason: str) -> None:
        """Stop a task."""
        self.client("ecs").stop_task(cluster=self.name, task=arn, reason=reason)

    def stream_events(self, group: str, stream: str, token: str) -> tuple[list[dict[str, Any]], str]:
        """Read what a log stream has after a token; return it, and the token after it.

        A stream that does not exist yet has nothing.
        """
        logs = self.client("logs")
        after = {"nextToken": token} if token else {}
        try:
            answer = logs.get_log_events(
                logGroupName=group, logStreamName=stream, startFromHead=True, **after
            )
        except logs.exceptions.ResourceNotFoundException:
            return [], token
        return answer["events"], answer["nextForwardToken"]

    def log_events(self, group: str, stream_prefix: str, start: int) -> Iterator[dict[str, Any]]:
        """Read a log group's events since a time in milliseconds, oldest first.

        https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
        """
        streams = {"logStreamNamePrefix": stream_prefix} if stream_prefix else {}
        reader = self.client("logs").get_paginator("filter_log_events")
        for page in reader.paginate(logGroupName=group, startTime=start, **streams):
            yield from page["events"]

    def database(self, host: str) -> dict[str, Any] | None:
        """Describe the RDS instance that has a host name; None where the account has none."""
        pages = self.client("rds").get_paginator("describe_db_instances").paginate()
        instances: Iterator[dict[str, Any]] = (one for page in pages for one in page["DBInstances"])
        return next((one for one in instances if one.get("Endpoint", {}).get("Address") == host), None)

    def broker(self, endpoint: str) -> dict[str, Any] | None:
        """Describe the replication group with a host name, or the queue with a URL; None: there is none."""
        return self._queue(endpoint) if "://" in endpoint else self._cache(endpoint)

    def _queue(self, url: str) -> dict[str, Any] | None:
        sqs = self.client("sqs")
        try:
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        except sqs.exceptions.QueueDoesNotExist:
            return None
        return {"Status": "available", "Engine": "sqs"}

    def _cache(self, host: str) -> dict[str, Any] | None:
        pages = self.client("elasticache").get_paginator("describe_replication_groups").paginate()
        groups: Iterator[dict[str, Any]] = (one for page in pages for one in page["ReplicationGroups"])
        return next((one for one in groups if host in _hosts(one)), None)

    def _missing(self, what: str) -> str:
        return (
            f"stack {self.stack} has no {what} in account {self._account_id}. Select credentials of that "
            f"account with AWS_PROFILE, aws:profile or aws:assumeRoles; if it was deleted, run `pulumi up "
            f"--refresh --stack {self.stack}`"
        )


def _hosts(group: Mapping[str, Any]) -> list[str]:
    nodes: Sequence[Mapping[str, Any]] = group.get("NodeGroups", [])
    return [node["PrimaryEndpoint"]["Address"] for node in nodes if "PrimaryEndpoint" in node]
