# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Drives the image's AwsEcsExecutor in Airflow's environment against an ECS that answers from a list.

Prints what each scenario came to, as JSON. `tests/image/test_ecs_executor.py` runs it.
"""

import json
import sys
import uuid
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
from airflow.executors.workloads import BundleInfo, ExecuteTask
from airflow.executors.workloads.task import TaskInstanceDTO

from airflow_ecs_image import ecs_executor
from airflow_ecs_image.ecs_executor import MAX_STARTS, UNKNOWN_SECONDS, AwsEcsExecutor

CLUSTER = "airflow"
ARN = f"arn:aws:ecs:us-east-1:123456789012:task/{CLUSTER}"
DEFINITION = "arn:aws:ecs:us-east-1:123456789012:task-definition/air-ecs-task:3"


class Ecs:
    """An ECS whose tasks a test sets; a boto3 client asks it, so that requests and answers are checked."""

    def __init__(self) -> None:
        self.tasks: dict[str, dict[str, Any]] = {}
        self.unknown: set[str] = set()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.full = False
        self.client = boto3.client(
            "ecs", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        )
        self.client.meta.events.register("before-call.ecs", self._answer)

    def start(self, started_by: str, **fields: Any) -> str:
        """Put a task there; its ARN."""
        arn = f"{ARN}/{uuid.uuid4().hex}"
        self.tasks[arn] = {
            "taskArn": arn,
            "lastStatus": "PROVISIONING",
            "desiredStatus": "RUNNING",
            "containers": [{"name": "ecs-task", "containerArn": f"{arn}/c"}],
            "startedBy": started_by,
            **fields,
        }
        return arn

    def named(self, operation: str) -> list[dict[str, Any]]:
        """The requests of an operation."""
        return [request for name, request in self.calls if name == operation]

    def _answer(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        request = json.loads(params["body"])
        self.calls.append((model.name, request))
        answer = getattr(self, f"_{model.name}")(request)
        # A short circuit: botocore parses nothing, and the hooks after a call still run.
        return SimpleNamespace(status_code=200, headers={}), answer

    def _RunTask(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802 - ECS's name
        if self.full:
            return {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time."}]}
        return {"tasks": [self.tasks[self.start(request["startedBy"])]], "failures": []}

    def _DescribeTasks(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        known = [arn for arn in request["tasks"] if arn in self.tasks and arn not in self.unknown]
        failures = [{"arn": arn, "reason": "MISSING"} for arn in request["tasks"] if arn not in known]
        return {"tasks": [self.tasks[arn] for arn in known], "failures": failures}

    def _ListTasks(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        assert request["family"] == "air-ecs-task", request
        return {"taskArns": [arn for arn, one in self.tasks.items() if one["desiredStatus"] == "RUNNING"]}

    def _StopTask(self, request: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"task": self.tasks[request["task"]]}


def made() -> tuple[AwsEcsExecutor, Ecs]:
    """An executor, and the ECS that it asks."""
    ecs = Ecs()

    class Hook:
        def __init__(self, **_: Any) -> None:
            self.conn = ecs.client

    ecs_executor.EcsHook = Hook
    executor = AwsEcsExecutor()
    executor.check_health()
    return executor, ecs


def workload(
    task_id: str = "one", executor_config: dict[str, Any] | None = None, **fields: Any
) -> ExecuteTask:
    """A workload of one task."""
    ti = TaskInstanceDTO(
        id=uuid.uuid4(),
        dag_version_id=uuid.uuid4(),
        task_id=task_id,
        dag_id="d",
        run_id="r",
        try_number=1,
        map_index=-1,
        pool_slots=1,
        queue="default",
        priority_weight=1,
        executor_config=executor_config,
        **fields,
    )
    return ExecuteTask(
        ti=ti, dag_rel_path="d.py", token="t" * 400, bundle_info=BundleInfo(name="dags"), log_path="l"
    )


def queued(executor: AwsEcsExecutor, *workloads: ExecuteTask) -> None:
    """Let the scheduler queue workloads, and have one turn."""
    for one in workloads:
        executor.queue_workload(one, session=None)
    executor.heartbeat()


def events(executor: AwsEcsExecutor) -> dict[str, list[str]]:
    """What the scheduler is told, by task."""
    return {
        key.task_id: [str(state), str(info)] for key, (state, info) in executor.get_event_buffer().items()
    }


def ended(ecs: Ecs, arn: str, code: int | None, *, ran: bool) -> None:
    """End a task."""
    one = ecs.tasks[arn]
    one |= {"lastStatus": "STOPPED", "desiredStatus": "STOPPED", "stoppedReason": "because"}
    one |= {"startedAt": 1.0} if ran else {}
    one["containers"][0] |= {"exitCode": code} if code is not None else {}


def request() -> Any:
    """What is sent."""
    executor, ecs = made()
    big = {
        "overrides": {
            "cpu": "2048",
            "memory": "8192",
            "containerOverrides": [{"environment": [{"name": "A", "value": "b"}]}],
        }
    }
    one = workload(executor_config=big)
    queued(executor, one)
    (sent,) = ecs.named("RunTask")
    patience = {
        name: getattr(ecs_executor.PATIENCE, name) for name in ("connect_timeout", "read_timeout", "retries")
    }
    return {"patience": patience, "sent": sent, "id": str(one.ti.id), "events": events(executor)}


def refused() -> Any:
    """Too long, and asking for what it may not: each fails with a line, once, and is never sent."""
    executor, ecs = made()
    environment = [{"name": "A", "value": "x" * 9000}]
    queued(
        executor,
        workload("long", {"overrides": {"containerOverrides": [{"environment": environment}]}}),
        workload("network", {"networkConfiguration": {}}),
        workload("command", {"command": ["x"]}),
        workload("fine"),
    )
    executor.heartbeat()
    return {
        "events": events(executor),
        "sent": len(ecs.named("RunTask")),
        "running": len(executor.running),
        "queued": len(executor.queued_tasks),
    }


def many() -> Any:
    """No more are started at a time than the loop can wait for, and all are."""
    executor, ecs = made()
    queued(executor, *(workload(f"t{number}") for number in range(MAX_STARTS + 5)))
    first = len(ecs.named("RunTask"))
    executor.heartbeat()
    return {"first": first, "all": len(ecs.named("RunTask")), "most": MAX_STARTS}


def unknown() -> Any:
    """A task that ECS does not know yet is not started again; one that it has forgotten has ended."""
    executor, ecs = made()
    queued(executor, workload())
    (arn,) = ecs.tasks
    ecs.unknown = {arn}
    executor.heartbeat()
    young = events(executor)
    executor._unseen[arn] -= UNKNOWN_SECONDS + 1
    executor.heartbeat()
    return {"young": young, "waits": len(executor.pending_workloads), "sent": len(ecs.named("RunTask"))}


def failed() -> Any:
    """One that has run fails with ECS's reason; one that has not is started again."""
    executor, ecs = made()
    queued(executor, workload("ran"), workload("never"))
    events(executor)
    ran, never = ecs.tasks
    ended(ecs, ran, 137, ran=True)
    ended(ecs, never, None, ran=False)
    executor.heartbeat()
    return {"events": events(executor), "waits": [one.key.task_id for one in executor.pending_workloads]}


def capacity() -> Any:
    """Spot for its share; on demand after a start that failed."""
    executor, ecs = made()
    executor._spot_percent = 100.0
    ecs.full = True
    queued(executor, workload())
    (waiting,) = executor.pending_workloads
    waiting.next_attempt_time -= timedelta(hours=1)
    executor.heartbeat()
    return [one["capacityProviderStrategy"] for one in ecs.named("RunTask")]


def revoked() -> Any:
    """What has not begun in time is stopped, and forgotten."""
    executor, ecs = made()
    one = workload()
    queued(executor, one)
    executor.revoke_task(ti=one.ti)
    return {
        "stopped": len(ecs.named("StopTask")),
        "running": len(executor.running),
        "known": len(executor.active_workers),
    }


def adopted() -> Any:
    """Of a dead scheduler's 20: noted, not noted, not started, stopped before, of an older try."""
    executor, ecs = made()
    kinds = ["noted"] * 5 + ["not noted"] * 5 + ["not started"] * 8 + ["stopped"] + ["older try"]
    tis = []
    for number, kind in enumerate(kinds):
        one = workload(f"{kind} {number}").ti
        arn = ""
        if kind in ("noted", "not noted", "stopped"):
            arn = ecs.start(str(one.id))
        if kind == "older try":
            arn = ecs.start("another id")
        if kind == "stopped":
            ended(ecs, arn, None, ran=False)
        tis.append(
            SimpleNamespace(
                **vars(one)
                | {"key": one.key, "external_executor_id": None if kind == "not noted" else arn or None}
            )
        )
    made_of = {ti.id: workload(ti.task_id) for ti in tis}
    ExecuteTask.make = lambda ti, **_: made_of[ti.id]
    back = executor.try_adopt_task_instances(tis)
    noted = events(executor)
    executor.heartbeat()
    return {
        "back": sorted({ti.task_id.rpartition(" ")[0] for ti in back}),
        "count": len(back),
        "running": len(executor.running),
        "noted": len(noted),
        "sent": len(ecs.named("RunTask")),
    }


if __name__ == "__main__":
    scenarios = (request, refused, many, unknown, failed, capacity, revoked, adopted)
    json.dump({one.__name__: one() for one in scenarios}, sys.stdout, default=str)
