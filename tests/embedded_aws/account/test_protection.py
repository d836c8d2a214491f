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

import pytest
from botocore.exceptions import ClientError

from embedded_aws.account.ecs import metadata_endpoint, model
from embedded_aws.account.ecs.metadata_endpoint import MetadataEndpoint

from .conftest import wait

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


def test_a_sixth_deployment_is_refused(stage: Stage) -> None:
    """Each of the five keeps a protected task, so none has room for all that it is to have."""
    rules = {"maximumPercent": 100, "minimumHealthyPercent": 0}
    name = stage.serve(stage.definition(version="1"), count=6, deploymentConfiguration=rules)
    for version in ("2", "3", "4", "5", ""):
        until(stage, name, lambda service: service["deployments"][0]["runningCount"] > 0)
        primary = stage.service(name)["deployments"][0]["id"]
        tasks = stage.ecs.describe_tasks(cluster=stage.cluster, tasks=stage.tasks_of(name))["tasks"]
        assert stage.protect(next(task["taskArn"] for task in tasks if task["startedBy"] == primary)) == ""
        if version:
            stage.ecs.update_service(
                cluster=stage.cluster, service=name, taskDefinition=stage.definition(version=version)
            )
    with pytest.raises(ClientError, match="5 active deployments exist on the service"):
        stage.ecs.update_service(
            cluster=stage.cluster, service=name, taskDefinition=stage.definition(version="6")
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
    name = stage.serve(stage.definition(code))
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
