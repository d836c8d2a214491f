"""A hand-made ECS for the tests of the two dynamic resources: answers from a script, calls noted down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from components.model.aws.aws_access import AwsAccess

ACCESS = AwsAccess().to("123456789012", "eu-west-1")
CLUSTER = "arn:aws:ecs:eu-west-1:123456789012:cluster/air"
WANTED = "arn:aws:ecs:eu-west-1:123456789012:task-definition/air:2"
OLD = "arn:aws:ecs:eu-west-1:123456789012:task-definition/air:1"
OLD_DEPLOYMENT, NEW_DEPLOYMENT = "ecs-svc/1", "ecs-svc/2"


def deployment(
    number: int = 2, *, status: str = "PRIMARY", state: str = "COMPLETED", **more: Any
) -> dict[str, Any]:
    """Describe a service's deployment as ECS does: 1 is of the old revision, later ones of the wanted."""
    return {
        "id": f"ecs-svc/{number}",
        "status": status,
        "taskDefinition": OLD if number == 1 else WANTED,
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 0}],
        "rolloutState": state,
        "createdAt": datetime(2026, 11, 21, 10, number, tzinfo=UTC),
        **more,
    }


def task_arn(name: str) -> str:
    """ARN of a task."""
    return f"arn:aws:ecs:eu-west-1:123456789012:task/air/{name}"


def task(name: str, *, status: str = "RUNNING", exit_code: int | None = None, **more: Any) -> dict[str, Any]:
    """Describe a task as ECS does."""
    container: dict[str, Any] = {
        "name": "migration",
        "networkInterfaces": [{"privateIpv4Address": f"10.0.0.{len(name)}"}],
    }
    if exit_code is not None:
        container["exitCode"] = exit_code
    return {
        "taskArn": task_arn(name),
        "taskDefinitionArn": WANTED,
        "startedBy": NEW_DEPLOYMENT,
        "lastStatus": status,
        "healthStatus": "HEALTHY",
        "containers": [container],
        **more,
    }


@dataclass
class FakeAws:
    """ECS, its load balancer and its logs; `step` is called at every sleep and changes what is there.

    Attributes:
        tasks: what ECS knows, by name.
        starts: answers of RunTask, one a call: a task's name, or a reason for which none was placed.
        lines: what each task wrote.
        calls: the names and arguments of the calls that changed something.
    """

    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    starts: list[str] = field(default_factory=list[str])
    lines: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])
    service: dict[str, Any] = field(default_factory=dict[str, Any])
    target_states: dict[str, str] = field(default_factory=dict[str, str])
    protected: set[str] = field(default_factory=set[str])
    steps: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])
    clock: float = 0.0

    @property
    def ecs(self) -> "FakeAws":
        """ECS."""
        return self

    @property
    def elbv2(self) -> "FakeAws":
        """The load balancer."""
        return self

    @property
    def logs(self) -> "FakeAws":
        """What the tasks wrote."""
        return self

    def sleep(self, seconds: float) -> None:
        """Let time pass, and the next thing happen."""
        self.clock += seconds
        if self.steps:
            self.steps.pop(0)()

    def list_tasks(self, **asked: Any) -> dict[str, Any]:
        """Tasks are listed by what ECS wants of them: those that drain are among the stopped."""
        wanted = {"RUNNING": {"RUNNING", "PENDING"}, "STOPPED": {"STOPPED", "DEACTIVATING"}}[
            asked["desiredStatus"]
        ]
        return {"taskArns": [one["taskArn"] for one in self.tasks.values() if one["lastStatus"] in wanted]}

    def get_paginator(self, operation: str) -> "FakeAws":
        """Two pages of each list."""
        assert operation == "list_tasks"
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        """Give the list in two pages; ECS refuses to list the tasks of a service that is gone."""
        if not self.service:
            answer: Any = {"Error": {"Code": "ServiceNotFoundException", "Message": "Service not found."}}
            raise ClientError(answer, "ListTasks")
        asked.setdefault("desiredStatus", "RUNNING")
        arns = self.list_tasks(**asked)["taskArns"]
        return [{"taskArns": arns[:1]}, {"taskArns": arns[1:]}]

    def describe_tasks(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        """Describe tasks; ECS refuses to describe none."""
        assert cluster == CLUSTER
        assert tasks
        return {"tasks": [one for one in self.tasks.values() if one["taskArn"] in tasks]}

    def run_task(self, **asked: Any) -> dict[str, Any]:
        """Start a task, or say why there is no room."""
        self.calls.append(("run_task", asked))
        answer = self.starts.pop(0)
        if answer.startswith("ECS was unable"):
            raise ClientError({"Error": {"Code": "ClientException", "Message": answer}}, "RunTask")
        if answer.startswith("RESOURCE:"):
            return {"tasks": [], "failures": [{"reason": answer}]}
        self.tasks.setdefault(answer, task(answer, status="PENDING", startedBy=asked["startedBy"]))
        return {"tasks": [{"taskArn": task_arn(answer)}], "failures": []}

    def describe_services(self, *, cluster: str, services: list[str]) -> dict[str, Any]:
        """Describe the one service, if there is one."""
        assert (cluster, services) == (CLUSTER, ["air"])
        return {"services": [self.service] if self.service else []}

    def update_service(self, **asked: Any) -> dict[str, Any]:
        """Start another deployment; until the next answers, nothing of it shows."""
        self.calls.append(("update_service", asked))
        return {}

    def get_task_protection(self, *, cluster: str, tasks: list[str]) -> dict[str, Any]:
        """Tell who protects itself, until noon."""
        assert cluster == CLUSTER
        noon = datetime(2026, 11, 21, 12, tzinfo=UTC)
        return {
            "protectedTasks": [
                {"taskArn": arn, "protectionEnabled": arn in self.protected, "expirationDate": noon}
                for arn in tasks
            ]
        }

    def update_task_protection(self, *, cluster: str, tasks: list[str], protectionEnabled: bool) -> None:  # noqa: N803 - boto3's name
        """Stop protecting up to ten tasks."""
        assert cluster == CLUSTER
        assert not protectionEnabled
        assert 1 <= len(tasks) <= 10
        self.protected -= set(tasks)

    def describe_target_health(self, **asked: Any) -> dict[str, Any]:
        """Tell the state of each address."""
        assert asked["TargetGroupArn"] == "arn:target"
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": address}, "TargetHealth": {"State": state}}
                for address, state in self.target_states.items()
            ]
        }

    def get_log_events(self, **asked: Any) -> dict[str, Any]:
        """Give the last lines of a task, or say that it has no stream."""
        container, again, name = asked["logStreamName"].split("/")
        assert container == again
        if name not in self.lines:
            answer: Any = {"Error": {"Code": "ResourceNotFoundException", "Message": "no stream"}}
            raise ClientError(answer, "GetLogEvents")
        return {"events": [{"message": f"{line}\n"} for line in self.lines[name][-asked["limit"] :]]}


def install(monkeypatch: pytest.MonkeyPatch, module: Any) -> FakeAws:
    """Put a fake in the place of AWS and of the clock."""
    fake = FakeAws()

    def clients(access: Mapping[str, Any]) -> FakeAws:
        assert access == ACCESS
        return fake

    monkeypatch.setattr(module, "AwsClients", clients)
    monkeypatch.setattr(module.time, "sleep", fake.sleep)
    monkeypatch.setattr(module.time, "monotonic", lambda: fake.clock)
    return fake
