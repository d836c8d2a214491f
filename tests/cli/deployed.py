"""A stack that is deployed, as commands find it: moto answers for AWS, a script for `pulumi`.

Not proved: that tasks run. moto's start at once and never end.
"""

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import boto3
import pytest
from botocore.client import BaseClient
from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.models import TaskDefinition
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.logs.responses import LogsResponse

from cli.app import main
from embedded_aws.account.moto_patches import ecs
from embedded_aws.account.moto_patches.logs import filter_log_events
from tests.cli import pulumi

REGION = "eu-west-1"
SECRET = f"arn:aws:secretsmanager:{REGION}:{DEFAULT_ACCOUNT_ID}:secret:x"
NAMES = {"api-server": "air-api", "execution-api": "air-api", "scheduler": "air-scheduler"}
GROUPS = {**NAMES, "migration": "air-migration"}
DIGEST = "sha256:" + "a" * 64


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: Any
    out: str
    err: str


@dataclass
class Deployed:
    """A stack `dev` with a cluster of two ECS services.

    Attributes:
        calls: the operations that the last command called, as IAM names them.
        outputs: those of the stack.
        resources: those of its state.
    """

    folder: Path
    capsys: pytest.CaptureFixture[str]
    outputs: dict[str, Any] = field(default_factory=dict[str, Any])
    resources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    calls: set[str] = field(default_factory=set[str])

    def client(self, service: str) -> Any:
        """Return a client of the account."""
        opened: Any = boto3.Session(region_name=REGION)
        return opened.client(service)

    def knows(self, **more: Any) -> None:
        """Let `pulumi` print these outputs too."""
        self.outputs |= more
        pulumi.install(
            self.folder / "bin",
            outputs=self.outputs,
            resources=self.resources,
            configuration={"aws:region": REGION},
        )

    def run(self, *words: str, stack: str = "dev") -> Done:
        """Run a command in this process."""
        self.calls.clear()
        self.capsys.readouterr()
        before, options = words, ("--stack", stack, "--workspace", str(self.folder))
        after: tuple[str, ...] = ()
        if "--" in words:
            place = words.index("--")
            before, after = words[:place], words[place:]
        code: Any = 0
        with _recorded(self.calls):
            try:
                main([*before, *options, *after])
            except SystemExit as ended:
                code = ended.code
        printed = self.capsys.readouterr()
        if isinstance(code, str):
            sys.stderr.write(code)
            code, printed = 1, self.capsys.readouterr()._replace(out=printed.out)
        return Done(code, printed.out, printed.err)

    def json(self, *words: str) -> Any:
        """Run a command that succeeds, and read its answer."""
        done = self.run(*words, "--json")
        assert done.code == 0, done.err
        return json.loads(done.out)

    def scale(self, count: int) -> None:
        """Give every service another number of tasks."""
        for name in {*NAMES.values()}:
            self.client("ecs").update_service(cluster="air", service=name, desiredCount=count)


@contextmanager
def _recorded(calls: set[str]) -> Generator[None]:
    """Note down every call of AWS's API."""
    original: Callable[..., Any] = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        calls.add(f"{client.meta.service_model.signing_name}:{operation}")
        return original(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield


@contextmanager
def deployed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Generator[Deployed]:
    """Deploy the stack into an empty account."""
    (folder / "Pulumi.yaml").write_text("name: airflow-ecs\nruntime: python\n")
    monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr(LogsResponse, "filter_log_events", filter_log_events)
    monkeypatch.setattr(EC2ContainerServiceResponse, "list_task_definitions", ecs.list_task_definitions)
    monkeypatch.setattr(TaskDefinition, "__init__", ecs.with_time(TaskDefinition.__init__))
    with mock_aws():
        found = Deployed(folder, capsys)
        found.knows(
            url="https://air.example.com",
            admin_username="admin",
            secret_arns={"admin-password": SECRET},
            cluster_name="air",
            service_names=NAMES,
            log_groups=GROUPS,
            database_endpoint="existing.example.com:5432",
            image_uri=f"repo@{DIGEST}",
        )
        _services(found.client("ecs"), found.client("ec2"))
        yield found


def _services(ecs: Any, ec2: Any) -> None:
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]  # of the default VPC
    group = ec2.describe_security_groups()["SecurityGroups"][0]["GroupId"]
    network = {"subnets": [subnet], "securityGroups": [group], "assignPublicIp": "ENABLED"}
    ecs.create_cluster(clusterName="air")
    for name in sorted({*NAMES.values()}):
        containers = [one for one, service in NAMES.items() if service == name]
        ecs.register_task_definition(
            family=name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": one, "image": "x", "memory": 256} for one in containers],
        )
        ecs.create_service(
            cluster="air",
            serviceName=name,
            taskDefinition=name,
            desiredCount=1,
            networkConfiguration={"awsvpcConfiguration": network},
        )
