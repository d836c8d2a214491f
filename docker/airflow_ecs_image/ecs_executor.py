# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""AwsEcsExecutor that loses no task, and runs none twice.

- Each ECS task is `startedBy` the id of its Airflow task's try. A scheduler that takes over from a dead one
  finds those too that were started and not noted yet; what had not been started is queued again.
- A task that ECS does not know yet is not lost: its API is eventually consistent.
- Only the start is tried again. What has run and failed is Airflow's to retry, under a new id.
- What waits for capacity until its token expires is queued again by the scheduler, with a new one.
- A workload that ECS cannot take fails at once, with the reason.
- A scheduler that ends leaves its tasks to the next one: they run on.

https://airflow.apache.org/docs/apache-airflow-providers-amazon/stable/executors/ecs-executor.html
"""

import copy
import os
import random
import time
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from airflow.configuration import conf
from airflow.executors.workloads import ExecuteTask
from airflow.providers.amazon.aws.executors.ecs import ecs_executor
from airflow.providers.amazon.aws.executors.ecs.boto_schema import BotoTaskSchema
from airflow.providers.amazon.aws.executors.ecs.utils import EcsTaskCollection
from airflow.providers.amazon.aws.hooks.ecs import EcsHook
from airflow.utils import timezone
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from airflow_ecs_image.ecs_overrides import RefusedWorkloadError, check_length, overrides

MAX_STARTS = 20
"""Of one turn: the scheduler's loop waits for each, and ECS takes about 20 a second.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html"""
UNKNOWN_SECONDS = 300.0
"""For so long ECS may not know a task that it has started ("gradually up to five minutes of wait time").
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html"""
DESCRIBED_AT_ONCE = 100
PATIENCE = Config(connect_timeout=3, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})
"""The scheduler's loop waits for each answer."""
ON_DEMAND, SPOT = "FARGATE", "FARGATE_SPOT"


class Tasks(EcsTaskCollection):
    """The ECS tasks of this scheduler; one that has run is not started again."""

    def failure_count_by_key(self, task_key: Any) -> int:
        """How often it was tried: of one that has run, as often as may be."""
        if self.task_by_key(task_key).started_at:
            return conf.getint("aws_ecs_executor", "max_run_task_attempts")
        return super().failure_count_by_key(task_key)


class AwsEcsExecutor(ecs_executor.AwsEcsExecutor):
    """The amazon provider's, with the differences above."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.active_workers = Tasks()
        self._spot_percent = float(os.environ.get("AIRFLOW_ECS_SPOT_PERCENT", "0"))
        self._tried: set[Any] = set()
        self._unseen: dict[str, float] = {}
        self._reasons: dict[Any, str] = {}

    def load_ecs_connection(self, check_connection: bool = True) -> None:  # noqa: FBT001, FBT002 - the provider's signature
        """Connect with the task's role, and look over the answers about tasks before the provider does."""
        region = self.conf.get("aws_ecs_executor", "region_name", fallback=None)
        self.ecs = EcsHook(aws_conn_id=None, region_name=region, config=PATIENCE).conn
        self.ecs.meta.events.register("after-call.ecs.DescribeTasks", self._described)
        self.attempts_since_last_successful_connection += 1
        self.last_connection_reload = timezone.utcnow()
        if check_connection:
            self.check_health()
            self.attempts_since_last_successful_connection = 0

    def check_health(self) -> None:
        """Ask for a task that does not exist: the provider would stop one, which the role may not."""
        self.ecs.describe_tasks(cluster=self.cluster, tasks=["a" * 32])
        self.IS_BOTO_CONNECTION_HEALTHY = True

    def sync(self) -> None:
        """Take a turn; an exception would end the scheduler."""
        try:
            super().sync()
        except Exception:
            self.log.exception("ECS")

    def end(self, heartbeat_interval: int = 10) -> None:  # noqa: ARG002 - the provider's signature
        """Leave the tasks to the next scheduler."""
        self.log.info("%d ECS tasks run on; the next scheduler takes them over", len(self.active_workers))

    def attempt_workload_runs(self) -> None:
        """Start some of what waits; the rest has its turn in the next loop."""
        waiting = [*self.pending_workloads]
        self.pending_workloads = deque(waiting[:MAX_STARTS])
        try:
            super().attempt_workload_runs()
        finally:
            self.pending_workloads = deque([*waiting[MAX_STARTS:], *self.pending_workloads])

    def execute_async(self, key: Any, command: Any, queue: Any = None, executor_config: Any = None) -> None:  # noqa: ARG002 - the provider's signature
        """Queue a workload with its own part of the request."""
        super().execute_async(key, command, queue, self._own_part(command[0]))

    def running_state(self, key: Any, info: Any = None) -> None:
        """Take note of a task that was started just now."""
        self._unseen[info] = time.monotonic()
        super().running_state(key, info)

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:  # noqa: FBT001, FBT002 - Airflow's signature
        """Give the reason with the state where there is one, and forget what has ended."""
        super().change_state(key, state, info or self._reason(key), remove_running=remove_running)
        if remove_running:
            self._tried.discard(key)

    def log_task_event(self, *, event: str, extra: str, ti_key: Any) -> None:  # noqa: ARG002 - Airflow's signature
        """Keep the reason for the event that follows, which is logged with it."""
        self._reasons[ti_key] = extra

    def revoke_task(self, *, ti: Any) -> None:
        """Give up a task that has not begun: the scheduler queues it again."""
        key = ti.key
        self.queued_tasks.pop(key, None)
        self.running.discard(key)
        self._tried.discard(key)
        self.pending_workloads = deque(one for one in self.pending_workloads if one.key != key)
        if arn := self.active_workers.key_to_arn.get(key):
            self.active_workers.pop_by_key(key)
            try:
                self.ecs.stop_task(cluster=self.cluster, task=arn, reason="not started in time; queued again")
            except Exception as error:  # noqa: BLE001 - it finds its Airflow task taken, and ends
                self.log.warning("ECS task %s could not be stopped: %s", arn, error)

    def try_adopt_task_instances(self, tis: Sequence[Any]) -> Sequence[Any]:
        """Take over the tasks that a dead scheduler started; what it had not started is queued again."""
        by_id = {str(ti.id): ti for ti in tis}
        try:
            found = {
                task["startedBy"]: task for task in self._tasks_of(tis) if task.get("startedBy") in by_id
            }
        except (BotoCoreError, ClientError) as error:
            # What runs ends by itself; what waits is queued again in time, as is whatever nobody answers for.
            self.log.warning("ECS does not list the tasks of a dead scheduler: %s", error)
            return []
        never_ran = {
            ti_id
            for ti_id, task in found.items()
            if task["desiredStatus"] == "STOPPED" and not task.get("startedAt")
        }
        for ti_id in found.keys() - never_ran:
            self._adopt(by_id[ti_id], found[ti_id])
        adopted = found.keys() - never_ran
        self.log.info("took over %d of %d tasks from a dead scheduler", len(adopted), len(by_id))
        return [ti for ti_id, ti in by_id.items() if ti_id not in adopted]

    def _adopt(self, ti: Any, task: dict[str, Any]) -> None:
        workload = ExecuteTask.make(ti, generator=self.jwt_generator)
        command = self._serialize_workload_to_command(workload)
        self.active_workers.add_task(
            BotoTaskSchema().load(task), ti.key, ti.queue or "", command, self._own_part(workload), 1
        )
        self.running.add(ti.key)
        # The dead one may not have come to note it.
        super().running_state(ti.key, task["taskArn"])

    def _tasks_of(self, tis: Sequence[Any]) -> Iterator[dict[str, Any]]:
        """Describe the tasks that are noted, and, where one has none, all that run."""
        noted = [ti.external_executor_id for ti in tis]
        arns = [one for one in noted if (one or "").startswith("arn:")]
        if len(arns) < len(noted):
            family = self.run_task_kwargs["taskDefinition"].rpartition("/")[2].partition(":")[0]
            pages = self.ecs.get_paginator("list_tasks").paginate(cluster=self.cluster, family=family)
            arns += [arn for page in pages for arn in page["taskArns"]]
        for start in range(0, len(arns), DESCRIBED_AT_ONCE):
            some = arns[start : start + DESCRIBED_AT_ONCE]
            yield from self.ecs.describe_tasks(cluster=self.cluster, tasks=some)["tasks"]

    def _process_workloads(self, workload_items: Sequence[Any]) -> None:
        """Queue what ECS can take; of the rest an exception would end the scheduler."""
        super()._process_workloads([one for one in workload_items if self._fits(one)])

    def _fits(self, workload: Any) -> bool:
        try:
            request = self._own_part(workload)
            command = self._serialize_workload_to_command(workload)
            check_length(self._run_task_kwargs(workload.key, command, None, request)["overrides"])
        except RefusedWorkloadError as error:
            self.log.warning("%s: %s", workload.key, error)
            queue = self.queued_tasks if isinstance(workload, ExecuteTask) else self.queued_callbacks
            del queue[workload.key]
            self.fail(workload.key, str(error))
            return False
        return True

    def _own_part(self, workload: Any) -> dict[str, Any]:
        """The part of RunTask's request that is this workload's own.

        Raises:
            RefusedWorkloadError: its executor_config asks for what it may not.
        """
        is_task = isinstance(workload, ExecuteTask)
        given = workload.ti.executor_config if is_task else None
        return {
            "overrides": overrides(given or {}, self.container_name),
            "startedBy": str(workload.ti.id if is_task else workload.callback.id),
        }

    def _run_task(self, task_id: Any, cmd: Any, queue: Any, exec_config: Any) -> Any:
        """Start a task: its share of them on Spot, and on demand once a start has failed.

        ECS would divide the tasks of one call, and here each call has one.
        """
        spot = task_id not in self._tried and random.uniform(0, 100) < self._spot_percent  # noqa: S311 - no secret
        self._tried.add(task_id)
        capacity = {"capacityProviderStrategy": [{"capacityProvider": SPOT if spot else ON_DEMAND}]}
        return super()._run_task(task_id, cmd, queue, exec_config | capacity)

    def _run_task_kwargs(self, task_id: Any, cmd: Any, queue: Any, exec_config: Any) -> dict[str, Any]:
        """Build a request without changing what the next try is built from."""
        return super()._run_task_kwargs(task_id, cmd, queue, copy.deepcopy(exec_config))

    def _described(self, parsed: dict[str, Any], **_: Any) -> None:
        """Take out of an answer the tasks that ECS does not know yet."""
        for task in parsed.get("tasks", []):
            self._unseen.pop(task["taskArn"], None)
        now = time.monotonic()
        self._unseen = {arn: since for arn, since in self._unseen.items() if now - since < UNKNOWN_SECONDS}
        failures = parsed.get("failures", [])
        parsed["failures"] = [one for one in failures if one.get("arn") not in self._unseen]

    def _reason(self, key: Any) -> str | None:
        """Why a task has ended, as ECS reports it; None where it reports nothing."""
        if reason := self._reasons.pop(key, None):
            return reason
        if key not in self.active_workers.key_to_arn:
            return None
        task = self.active_workers.task_by_key(key)
        ends = [
            f"{one['name']}: exit code {one.get('exit_code', 'none')} {one.get('reason', '')}".strip()
            for one in task.containers
        ]
        return f"ECS task {task.task_arn.rpartition('/')[2]}: {task.stopped_reason}; {'; '.join(ends)}"
