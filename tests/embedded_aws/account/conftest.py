# pyright: basic
# boto3's clients have no types.
"""One running account for all tests, and a few lines of boto3 that deploy a service there."""

from __future__ import annotations

import itertools
import json
import os
import socket
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import boto3
import pytest
from botocore.config import Config

from embedded_aws import images
from embedded_aws.account import start, stop
from tests.helpers.polling import WAIT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

HERE = Path(__file__).parent
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "ecs-tasks.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}
_numbers = itertools.count()


def wait(until: Callable[[], Any], what: Callable[[], Any] = lambda: "") -> Any:
    """Return the first true answer of `until`."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (answer := until()):
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS} s: {what()}"
        time.sleep(0.05)
    return answer


@dataclass
class Stage:
    """A network, a cluster and a log group of the account, and the foreign service's image."""

    home: Path
    environment: dict[str, str]
    clients: dict[str, Any]
    image: str
    subnets: list[str]
    vpc: str
    cluster: str = "stage"
    made: list[str] = field(default_factory=list)

    @property
    def network(self) -> dict[str, Any]:
        """The awsvpcConfiguration of tasks."""
        return {"awsvpcConfiguration": {"subnets": self.subnets}}

    def __getattr__(self, service: str) -> Any:
        """Return the client of an AWS service."""
        return self.clients[service]

    def name(self, kind: str) -> str:
        """Return a name nobody has."""
        return f"{kind}-{next(_numbers)}"

    def address(self, name: str) -> str:
        """Return the address that containers find under a name."""
        return next(iter(self.addresses(name)))

    def addresses(self, name: str) -> set[str]:
        """Return all addresses that containers find under a name."""
        pairs = [line.split() for line in (self.home / "hosts").read_text().splitlines() if line]
        return {address for address, known in pairs if known == name}

    def definition(self, *arguments: str, version: str = "1", **more: Any) -> str:
        """Register a task definition of the foreign service and return its ARN."""
        container = {
            "name": "web",
            "image": self.image,
            "command": list(arguments),
            "environment": [{"name": "VERSION", "value": version}],
            "portMappings": [{"containerPort": 8080}],
            "readonlyRootFilesystem": True,
            "stopTimeout": 2,  # as first process Python leaves SIGTERM to its default, which the kernel drops
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": "/stage",
                    "awslogs-region": "us-east-1",
                    "awslogs-stream-prefix": "p",
                },
            },
        }
        others = more.pop("others", [])
        volumes = more.pop("volumes", [])
        roles = {"taskRoleArn": more.pop("task_role")} if "task_role" in more else {}
        execution_role = more.pop("execution_role", "arn:aws:iam::123456789012:role/execution")
        registered = self.ecs.register_task_definition(
            family=self.name("family"),
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            executionRoleArn=execution_role,
            volumes=volumes,
            containerDefinitions=[container | more, *others],
            **roles,
        )
        return registered["taskDefinition"]["taskDefinitionArn"]

    def role(self, *statements: dict[str, Any], **more: Any) -> str:
        """Make a role for tasks with these statements in its policy and return its ARN."""
        name = self.name("role")
        made = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), **more)
        if statements:
            document = {"Version": "2012-10-17", "Statement": list(statements)}
            self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))
        return made["Role"]["Arn"]

    def start(self, definition: str, **more: Any) -> dict[str, Any]:
        """Run a one-off task."""
        answer = self.ecs.run_task(
            cluster=self.cluster, taskDefinition=definition, networkConfiguration=self.network, **more
        )
        return answer["tasks"][0]

    def run(self, *arguments: str, **more: Any) -> dict[str, Any]:
        """Run Python in a one-off task until it has stopped."""
        task = self.start(self.definition(*arguments, **more))
        return self.until_stopped(task["taskArn"])

    def task(self, arn: str) -> dict[str, Any]:
        """Describe one task."""
        for _ in range(2):  # the first answer after RunTask may be that there is none
            if found := self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"]:
                return found[0]
        raise LookupError(arn)

    def until_stopped(self, arn: str) -> dict[str, Any]:
        """Wait for a task to stop."""
        wait(lambda: self.task(arn)["lastStatus"] == "STOPPED", lambda: self.task(arn))
        return self.task(arn)

    def output(self, task: dict[str, Any], container: str = "web") -> list[str]:
        """Return what a task wrote."""
        stream = f"p/{container}/{task['taskArn'].rsplit('/', 1)[1]}"
        events = self.logs.get_log_events(logGroupName="/stage", logStreamName=stream, startFromHead=True)
        return [event["message"] for event in events["events"]]

    def serve(self, definition: str, *, count: int = 1, **more: Any) -> str:
        """Create a service and return its name."""
        name = self.name("service")
        self.ecs.create_service(
            cluster=self.cluster,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=self.network,
            **more,
        )
        self.made.append(name)
        return name

    def service(self, name: str) -> dict[str, Any]:
        """Describe one service."""
        return self.ecs.describe_services(cluster=self.cluster, services=[name])["services"][0]

    def until_complete(self, name: str) -> dict[str, Any]:
        """Wait for a service's newest deployment to complete; one answer may be from before an update."""

        def complete() -> bool:
            answers = [self.service(name)["deployments"] for _ in range(2)]
            return all(len(one) == 1 and one[0]["rolloutState"] == "COMPLETED" for one in answers)

        wait(complete, lambda: self.service(name))
        return self.service(name)

    def tasks_of(self, name: str) -> list[str]:
        """Return the ARNs of a service's running tasks."""
        return self.ecs.list_tasks(cluster=self.cluster, serviceName=name)["taskArns"]

    def protect(self, arn: str, *, enabled: bool = True) -> str:
        """Protect a task, or stop protecting it; return the reason of a refusal, or nothing."""
        answers = self.ecs.update_task_protection(
            cluster=self.cluster, tasks=[arn], protectionEnabled=enabled
        )
        return "".join(failure["reason"] for failure in answers["failures"])

    def address_of(self, arn: str) -> str:
        """Return a task's address."""
        return self.task(arn)["containers"][0]["networkInterfaces"][0]["privateIpv4Address"]


def allow(action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that allows actions."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def key_policy(
    *,
    action: Any = ("kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"),
    service: Any = "logs.us-east-1.amazonaws.com",
    groups: str = "*",
    others: Iterable[dict[str, Any]] = (),
) -> str:
    """Return a key's policy that lets CloudWatch Logs use the key for log groups.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    context = "kms:EncryptionContext:aws:logs:arn"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{groups}"
    statements = [
        allow("kms:*") | {"Principal": {"AWS": "arn:aws:iam::123456789012:root"}},
        allow(action, Condition={"ArnLike": {context: arn}}) | {"Principal": {"Service": service}},
        *others,
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, default=list)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]


def attach_internet(ec2: Any, vpc: str) -> None:
    """Give a VPC an internet gateway, as a public load balancer wants it."""
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)


def make_execution_role(iam: Any) -> None:
    """Make the role that ECS pulls, reads and logs with for the tasks of a stage."""
    document = {"Version": "2012-10-17", "Statement": [allow("*")]}
    iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="execution", PolicyName="p", PolicyDocument=json.dumps(document))


def client(environment: dict[str, str], service: str) -> Any:
    """Return a boto3 client with an account's environment."""
    return boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_REGION"],
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False),
    )


@contextmanager
def staged(home: Path, image: str) -> Generator[Stage]:
    """Start an account with a network, a cluster and a log group, and end it."""
    try:
        environment = start(home, free_port())
        names = (
            *("ecs", "ec2", "logs", "elbv2", "rds", "elasticache", "s3", "acm", "servicediscovery"),
            *("secretsmanager", "application-autoscaling", "scheduler", "ecr", "sts"),
            *("iam", "kms", "ssm", "sqs", "cloudwatch", "sns", "events"),
        )
        clients = {name: client(environment, name) for name in names}
        vpc = clients["ec2"].create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        attach_internet(clients["ec2"], vpc)
        subnets = [
            clients["ec2"].create_subnet(VpcId=vpc, CidrBlock=f"10.0.{i}.0/24", AvailabilityZone=zone)[
                "Subnet"
            ]["SubnetId"]
            for i, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        clients["ecs"].create_cluster(clusterName="stage")
        clients["logs"].create_log_group(logGroupName="/stage")
        make_execution_role(clients["iam"])
        yield Stage(
            home=home, environment=environment, clients=clients, image=image, subnets=subnets, vpc=vpc
        )
    finally:
        stop(home)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Start the account with an empty image store, and with alarms that wait for nothing."""
    variables = {
        "EMBEDDED_AWS_CACHE": str(tmp_path_factory.mktemp("cache")),
        "EMBEDDED_AWS_DELAYS": "high_resolution_alarm=0.2 alarm=0.2 alarm_of_days=0.2 repeated_scaling=0.4 "
        "service_metrics=0.3",
    }
    with patch.dict(os.environ, variables):
        image = images.build(
            context=HERE / "service",
            dockerfile=HERE / "service" / "Dockerfile",
            build_args={},
            log=lambda _: None,
        )
        reference = images.push(image, "registry.example/foreign:1")
        with staged(tmp_path_factory.mktemp("account"), reference) as found:
            yield found


@pytest.fixture(autouse=True)
def no_services_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """Delete the services that a test made, so that the next has the machine for itself."""
    yield
    if "stage" in request.fixturenames:
        found: Stage = request.getfixturevalue("stage")
        while found.made:
            for task in found.tasks_of(found.made[-1]):
                found.protect(task, enabled=False)
            found.ecs.delete_service(cluster=found.cluster, service=found.made.pop(), force=True)
