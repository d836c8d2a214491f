# pyright: basic
# boto3's answers have no types.
"""Task protection refuses as AWS does, and holds deployments, scale-in and deletion up.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
"""

from __future__ import annotations

import datetime as dt
import json
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from embedded_aws.account import environment
from embedded_aws.account.ecs import metadata_endpoint, model
from embedded_aws.account.ecs.metadata_endpoint import MetadataEndpoint

from .conftest import allow, wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Stage

BLOCKED = "DEPLOYMENT_BLOCKED"


def until(stage: Stage, name: str, met: Callable[[dict[str, Any]], bool]) -> None:
    """Wait until a service is so."""
    wait(lambda: met(stage.service(name)), lambda: stage.service(name))


def deploy(stage: Stage, name: str, version: str, **more: Any) -> None:
    """Give a service another task definition, and wait for one task of it to run."""
    stage.ecs.update_service(
        cluster=stage.cluster, service=name, taskDefinition=stage.definition(version=version), **more
    )
    until(stage, name, lambda service: service["deployments"][0]["runningCount"] == 1)


@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="In a deployment no task is protected beyond the desired count: the answer is `DEPLOYMENT_BLOCKED`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html",
)
@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="A refusal is a failure in the answer, with the task and the reason.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/api_failures_messages.html",
)
def test_a_service_has_no_more_protected_tasks_than_its_desired_count(stage: Stage) -> None:
    """In a deployment the new task is refused until the old one is free; nothing else changes that."""
    name = stage.serve(stage.definition(version="1"))
    stage.until_complete(name)
    [old] = stage.tasks_of(name)
    assert stage.protect(old) == ""
    deploy(stage, name, "2")
    [new] = set(stage.tasks_of(name)) - {old}
    assert stage.protect(new) == BLOCKED
    assert stage.protect(old) == "", "to protect again what is protected"
    assert stage.protect(new, enabled=False) == ""
    stage.protect(old, enabled=False)
    stage.until_stopped(old)
    assert stage.protect(new) == ""


@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="A deployment that only protected tasks keep from its steady state lets no further task be "
    "protected.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html",
)
def test_one_old_protected_task_is_enough_to_refuse_all_new_ones(stage: Stage) -> None:
    """Two of two new tasks run, so all that keeps the deployment from its steady state is the protection."""
    name = stage.serve(stage.definition(version="1"), count=2)
    stage.until_complete(name)
    old, other = stage.tasks_of(name)
    stage.protect(old)
    stage.ecs.update_service(
        cluster=stage.cluster, service=name, taskDefinition=stage.definition(version="2")
    )
    stage.until_stopped(other)
    new = set(stage.tasks_of(name)) - {old}
    assert [stage.protect(task) for task in new] == [BLOCKED, BLOCKED]
    assert stage.protect(old, enabled=False) == ""
    stage.until_complete(name)
    assert [stage.protect(task) for task in new] == ["", ""]


@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="The maximum percentage limits a service's tasks in a deployment, protected ones included.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html",
)
def test_protected_tasks_take_the_room_that_the_maximum_leaves(stage: Stage) -> None:
    """With 200 % of one task two old ones leave none to a new one; 400 % has room for it."""
    rules: dict[str, Any] = {"maximumPercent": 200, "minimumHealthyPercent": 100}
    name = stage.serve(stage.definition(version="1"), count=2, deploymentConfiguration=rules)
    stage.until_complete(name)
    assert [stage.protect(task) for task in stage.tasks_of(name)] == ["", ""]
    stage.ecs.update_service(
        cluster=stage.cluster, service=name, taskDefinition=stage.definition(version="2"), desiredCount=1
    )
    time.sleep(3)
    assert [one["runningCount"] for one in stage.service(name)["deployments"]] == [0, 2]
    rules["maximumPercent"] = 400
    stage.ecs.update_service(cluster=stage.cluster, service=name, deploymentConfiguration=rules)
    until(stage, name, lambda service: service["deployments"][0]["runningCount"] == 1)


def _running(stage: Stage, name: str, but: set[str]) -> list[dict[str, Any]]:
    """Return the newest deployment's running tasks; one of `but` is an answer from before an update."""
    arns = stage.tasks_of(name)
    newest = stage.service(name)["deployments"][0]["id"]
    if not arns or newest in but:
        return []
    tasks = stage.ecs.describe_tasks(cluster=stage.cluster, tasks=arns)["tasks"]
    return [one for one in tasks if one["startedBy"] == newest and one["lastStatus"] == "RUNNING"]


@pytest.mark.conformance(
    operation="ecs:UpdateService",
    says="A service has at most five deployments with tasks at a time.",
    source="https://github.com/aws/containers-roadmap/issues/2836",
    error="InvalidParameterException",
)
def test_a_sixth_deployment_is_refused(stage: Stage) -> None:
    """Each of the five keeps a protected task, so none has room for all that it is to have."""
    rules = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    name = stage.serve(stage.definition(version="1"), count=6, deploymentConfiguration=rules)
    deployments: set[str] = set()
    for version in ("2", "3", "4", "5", ""):
        task = wait(lambda: _running(stage, name, deployments), lambda: stage.service(name))[0]
        deployments.add(task["startedBy"])
        assert stage.protect(task["taskArn"]) == ""
        if version:
            stage.ecs.update_service(
                cluster=stage.cluster, service=name, taskDefinition=stage.definition(version=version)
            )
    with pytest.raises(ClientError, match="5 active deployments exist on the service"):
        stage.ecs.update_service(
            cluster=stage.cluster, service=name, taskDefinition=stage.definition(version="6")
        )


@pytest.mark.conformance(
    operation="ecs:DeleteService",
    says="A service drains until its last task has stopped, and a protected task is not stopped.",
)
def test_protection_holds_against_zero_and_deletion(stage: Stage) -> None:
    """The service drains for as long as the task is protected."""
    name = stage.serve(stage.definition())
    stage.until_complete(name)
    [kept] = stage.tasks_of(name)
    stage.protect(kept)
    stage.ecs.update_service(cluster=stage.cluster, service=name, desiredCount=0)
    stage.ecs.delete_service(cluster=stage.cluster, service=name)
    stage.made.remove(name)
    time.sleep(3)
    assert stage.task(kept)["desiredStatus"] == "RUNNING"
    assert stage.service(name)["status"] == "DRAINING"
    stage.protect(kept, enabled=False)
    until(stage, name, lambda service: service["status"] == "INACTIVE")


@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="A task without a service is not protected, and protection lasts 1 to 2880 minutes.",
    error="InvalidParameterException",
)
def test_what_cannot_be_protected_is_a_failure(stage: Stage) -> None:
    """A task of no service, one that there is not, an impossible time."""
    alone = stage.start(stage.definition())["taskArn"]
    unknown = alone[:-4] + "ffff"
    answer = stage.ecs.update_task_protection(
        cluster=stage.cluster, tasks=[alone, unknown], protectionEnabled=True
    )
    assert [(one["arn"], one["reason"]) for one in answer["failures"]] == [
        (alone, "TASK_NOT_VALID"),
        (unknown, "MISSING"),
    ]
    with pytest.raises(ClientError, match="between 1 and 2880"):
        stage.ecs.update_task_protection(
            cluster=stage.cluster, tasks=[alone], protectionEnabled=True, expiresInMinutes=2881
        )
    stage.ecs.stop_task(cluster=stage.cluster, task=alone)


def test_protection_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that was asked for."""
    task: Any = SimpleNamespace(protected_until=model.now() + dt.timedelta(minutes=2))
    assert model.Task.protected.__get__(task)
    later = model.now() + dt.timedelta(minutes=2, seconds=1)
    monkeypatch.setattr(model, "now", lambda: later)
    assert not model.Task.protected.__get__(task)


@pytest.mark.conformance(
    operation="ecs-agent:PUT task-protection",
    says="The agent waits for ECS for four seconds.",
    source="https://github.com/aws/amazon-ecs-agent/tree/master/ecs-agent/tmds/handlers",
)
def test_the_agent_gives_up_before_a_client_that_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    """ECS does not answer: the agent says so after four seconds (here: at once)."""
    monkeypatch.setattr(metadata_endpoint, "_CALL_SECONDS", 0.1)
    account = SimpleNamespace(lock=threading.RLock())
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with account.lock:
            held.set()
            done.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(10)
    runner: Any = SimpleNamespace(account=account)
    status, answer = MetadataEndpoint(runner).answer("PUT", "/_account/api/x/task-protection/v1/state", b"{}")
    done.set()
    thread.join()
    assert (status, answer["error"]["Code"]) == (504, "RequestCanceled")


@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="A protected task is not ended by a deployment or by a smaller desired count.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html",
)
def test_protected_task_survives_a_deployment_and_scale_in(stage: Stage) -> None:
    """The deployment is not complete until it is free to go."""
    name = stage.serve(stage.definition(version="1"), count=2)
    stage.until_complete(name)
    kept, other = stage.tasks_of(name)
    answer = stage.ecs.update_task_protection(
        cluster=stage.cluster, tasks=[kept], protectionEnabled=True, expiresInMinutes=60
    )
    assert answer["protectedTasks"][0]["expirationDate"]
    stage.ecs.update_service(
        cluster=stage.cluster, service=name, taskDefinition=stage.definition(version="2"), desiredCount=1
    )
    stage.until_stopped(other)
    time.sleep(3)
    service = stage.service(name)
    assert stage.task(kept)["lastStatus"] == "RUNNING"
    assert [d["runningCount"] for d in service["deployments"]] == [1, 1]
    assert service["deployments"][0]["rolloutState"] == "IN_PROGRESS"
    stage.ecs.update_task_protection(cluster=stage.cluster, tasks=[kept], protectionEnabled=False)
    stage.until_stopped(kept)
    stage.until_complete(name)


@pytest.mark.conformance(
    operation="ecs-agent:PUT task-protection",
    says="A task protects itself at `$ECS_AGENT_URI/task-protection/v1/state`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html",
)
def test_task_protects_itself(stage: Stage) -> None:
    """Through the agent's endpoint."""
    code = """
import time, urllib.error, urllib.request
url = os.environ["ECS_AGENT_URI"] + "/task-protection/v1/state"
body = json.dumps({"ProtectionEnabled": True, "ExpiresInMinutes": 60}).encode()
urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"}, method="PUT"))
print(urllib.request.urlopen(url).read().decode(), flush=True)
on = {"ProtectionEnabled": True}
for wrong in (on | {"Minutes": 1}, {}, on | {"ExpiresInMinutes": 2881}):
    try:
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(wrong).encode(), method="PUT"))
    except urllib.error.HTTPError as error:
        print(error.code, error.read().decode(), flush=True)
time.sleep(60)
"""
    role = stage.role(allow(["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]))
    name = stage.serve(stage.definition(code, task_role=role))
    task = wait(lambda: stage.tasks_of(name))[0]
    wait(lambda: stage.task(task).get("startedAt"))
    wait(lambda: len(stage.output(stage.task(task))) == 4)
    answer, *wrong = stage.output(stage.task(task))
    protection = json.loads(answer)["protection"]
    assert (protection["ProtectionEnabled"], protection["TaskArn"]) == (True, task)
    assert dt.datetime.fromisoformat(protection["ExpirationDate"]) > dt.datetime.now(dt.UTC)
    assert [(line[:3], "InvalidParameterException" in line) for line in wrong] == [("400", True)] * 3
    found = stage.ecs.get_task_protection(cluster=stage.cluster, tasks=[task])["protectedTasks"][0]
    assert found["protectionEnabled"] is True


@pytest.mark.conformance(
    operation="ecs-agent:PUT task-protection",
    says="The task role needs `ecs:GetTaskProtection` and `ecs:UpdateTaskProtection`.",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html",
)
@pytest.mark.parametrize("with_role", [True, False])
def test_task_needs_a_role_that_may_protect_it(stage: Stage, *, with_role: bool) -> None:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html."""
    code = """
import urllib.error, urllib.request
url = os.environ["ECS_AGENT_URI"] + "/task-protection/v1/state"
for method, body in (("GET", None), ("PUT", b'{"ProtectionEnabled": true}')):
    try:
        urllib.request.urlopen(urllib.request.Request(url, body, method=method))
    except urllib.error.HTTPError as error:
        print(json.loads(error.read())["error"]["Message"], flush=True)
"""
    more = {"task_role": stage.role()} if with_role else {}
    task = stage.until_stopped(stage.start(stage.definition(code, **more))["taskArn"])
    read, changed = stage.output(task)
    if not with_role:
        assert read == changed == "Invalid Request: no task IAM role credentials available for task"
        return
    assert "is not authorized to perform: ecs:GetTaskProtection on resource: " + task["taskArn"] in read
    assert "no identity-based policy allows the ecs:UpdateTaskProtection action" in changed


@pytest.mark.conformance(
    operation="ecs:UpdateTaskProtection",
    says="A policy may limit an action to tasks with a tag (`aws:ResourceTag`).",
    source="https://docs.aws.amazon.com/AmazonECS/latest/developerguide/control-access-with-tags.html",
    error="AccessDeniedException",
)
def test_a_role_may_protect_only_tasks_with_the_tag_that_it_names(stage: Stage) -> None:
    """Both ways: at the task's agent, and of another task at ECS, which knows it by its service's tag.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/control-access-with-tags.html
    """
    of_worker = {"StringEquals": {"aws:ResourceTag/part": "worker"}}
    role = stage.role(allow("ecs:UpdateTaskProtection", Condition=of_worker))
    code = """
import urllib.error, urllib.request
url = os.environ["ECS_AGENT_URI"] + "/task-protection/v1/state"
asked = urllib.request.Request(url, b'{"ProtectionEnabled": true}', method="PUT")
try:
    print(urllib.request.urlopen(asked).status)
except urllib.error.HTTPError as error:
    print(error.code)
key = urllib.request.urlopen(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
print(json.dumps(json.load(key)), flush=True)
import time; time.sleep(3600)
"""
    tasks = {}
    for part in ("worker", "scheduler"):
        name = stage.serve(
            stage.definition(code, task_role=role),
            propagateTags="SERVICE",
            tags=[{"key": "part", "value": part}],
        )
        stage.until_complete(name)
        [tasks[part]] = stage.tasks_of(name)
    printed = {
        part: wait(lambda task=task: _two_lines(stage, task), lambda: None) for part, task in tasks.items()
    }
    assert {part: lines[0] for part, lines in printed.items()} == {"worker": "200", "scheduler": "400"}
    key = json.loads(printed["worker"][1])
    ecs = boto3.client(
        "ecs",
        endpoint_url=environment(stage.home)["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        aws_session_token=key["Token"],
    )
    of_ecs = {"cluster": stage.cluster, "protectionEnabled": True}
    assert ecs.update_task_protection(tasks=[tasks["worker"]], **of_ecs)["failures"] == []
    with pytest.raises(ClientError, match="AccessDenied"):
        ecs.update_task_protection(tasks=[tasks["scheduler"]], **of_ecs)


def _two_lines(stage: Stage, arn: str) -> list[str] | None:
    try:
        lines = stage.output(stage.task(arn))
    except ClientError:
        return None
    return lines if len(lines) > 1 else None
