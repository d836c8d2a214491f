"""What a container asks its agent: metadata, credentials and task protection.

Sources: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate.html,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from moto.ecs.exceptions import InvalidParameterException

from embedded_aws.account.authorization import Place, refusal_of
from embedded_aws.account.authorization.ecs_needs import of_task
from embedded_aws.account.ecs.protection import protect, protection

if TYPE_CHECKING:
    from embedded_aws.account.ecs.model import JSON, Container, Task
    from embedded_aws.account.ecs.runner import Runner
    from embedded_aws.account.keys import Key

Answer = tuple[int, "JSON"]
_STATE = "task-protection/v1/state"
_DENIED = "AccessDeniedException"
_CALL_SECONDS = 4.0
"""The agent gives its own call of ECS so long. This and the answers' form: `taskprotection/v1` in
https://github.com/aws/amazon-ecs-agent/tree/master/ecs-agent/tmds/handlers
"""


class MetadataEndpoint:
    """Answers paths below `/_account/`."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def answer(self, method: str, path: str, body: bytes) -> Answer:
        """Return status and JSON."""
        kind, _, rest = path.removeprefix("/_account/").partition("/")
        secret_id, _, rest = rest.partition("/")
        if kind == "api" and rest == _STATE:
            return self._within_time(method, secret_id, body)
        account = self._runner.account
        with account.lock:
            if kind == "credentials" and (task := self._runner.with_credentials(secret_id)):
                if not task.task_role_arn:
                    return 404, {"error": "the task has no task role"}
                return 200, _credentials(task, account.keys.of_session(task.id, task.task_role_arn))
            task, container = self._runner.with_agent(secret_id)
            if task is None or container is None:
                return 404, {"error": "no running task has such a path"}
            if kind == "v4":
                return 200, _task(task) if rest.rstrip("/") == "task" else _container(task, container)
        return 404, {"error": f"unknown path {path}"}

    def _within_time(self, method: str, agent_id: str, body: bytes) -> Answer:
        """Ask ECS, which here is this very process, for four seconds."""
        lock = self._runner.account.lock
        if not lock.acquire(timeout=_CALL_SECONDS):
            return 504, _error("", "RequestCanceled", "Timed out calling ECS Task Protection API")
        try:
            task, _ = self._runner.with_agent(agent_id)
            if task is None:
                return 404, _error("", "ResourceNotFoundException", "Failed to find a task for the request")
            return self._protection(method, task, body)
        finally:
            lock.release()

    def _protection(self, method: str, task: Task, body: bytes) -> Answer:
        if method == "GET":
            read = 200, {"protection": _protection(protection(task))}
            return _refused(task, "ecs:GetTaskProtection") or read
        try:
            wanted: dict[str, Any] = json.loads(body)
            minutes = wanted.pop("ExpiresInMinutes", None)
            enabled = wanted.pop("ProtectionEnabled", None)
            if wanted or not isinstance(enabled, bool | None) or not isinstance(minutes, int | None):
                raise ValueError  # noqa: TRY301 - as what cannot be decoded
        except (ValueError, AttributeError):
            return 400, _error(
                "", "InvalidParameterException", "UpdateTaskProtection: failed to decode request"
            )
        if enabled is None:
            protection_state = "Invalid request: does not contain 'ProtectionEnabled' field"
            return 400, _error(task.arn, "InvalidParameterException", protection_state)
        return _refused(task, "ecs:UpdateTaskProtection") or self._protect(task, minutes, enabled=enabled)

    def _protect(self, task: Task, minutes: int | None, *, enabled: bool) -> Answer:
        try:
            result = protect(self._runner.account, [task], enabled=enabled, minutes=minutes)
        except InvalidParameterException as error:
            return 400, _error(task.arn, "InvalidParameterException", str(error.message))
        if result["failures"]:
            failure = result["failures"][0]
            return 200, {"failure": {"Arn": failure["arn"], "Detail": None, "Reason": failure["reason"]}}
        return 200, {"protection": _protection(result["protectedTasks"][0])}


def _refused(task: Task, action: str) -> Answer | None:
    """Ask the task role's policies: the agent calls ECS with the task's credentials."""
    if not task.task_role_arn:
        return 403, _error(
            task.arn, _DENIED, "Invalid Request: no task IAM role credentials available for task"
        )
    place = Place(task.arn.split(":")[1], task.region, task.account_id)
    refusal = refusal_of([of_task(action, task)], place, task.task_role_arn, task.id)
    return None if refusal is None else (400, _error(task.arn, _DENIED, refusal.message))


def _error(arn: str, code: str, message: str) -> JSON:
    return {"error": ({"Arn": arn} if arn else {}) | {"Code": code, "Message": message}}


def _protection(protection_state: JSON) -> JSON:
    expires = (
        f"{protection_state['expirationDate']:%Y-%m-%dT%H:%M:%SZ}"
        if "expirationDate" in protection_state
        else None
    )
    return {
        "ExpirationDate": expires,
        "ProtectionEnabled": protection_state["protectionEnabled"],
        "TaskArn": protection_state["taskArn"],
    }


def _credentials(task: Task, key: Key) -> JSON:
    return {
        "RoleArn": task.task_role_arn,
        "AccessKeyId": key.id,
        "SecretAccessKey": key.secret,
        "Token": key.token,
        "Expiration": f"{key.expires:%Y-%m-%dT%H:%M:%SZ}",
    }


def _task(task: Task) -> JSON:
    return {
        "Cluster": task.cluster_arn,
        "TaskARN": task.arn,
        "Family": task.definition.family,
        "Revision": str(task.definition.revision),
        "DesiredStatus": task.desired_status,
        "KnownStatus": task.status,
        "LaunchType": "FARGATE",
        "AvailabilityZone": f"{task.region}a",
        "ServiceName": task.group.removeprefix("service:") if task.deployment else "",
        "Limits": {"CPU": int(task.definition.cpu or 0) / 1024, "Memory": int(task.definition.memory or 0)},
        "Containers": [_container(task, container) for container in task.containers],
    }


def _container(task: Task, container: Container) -> JSON:
    return {
        "DockerId": container.id,
        "Name": container.name,
        "DockerName": container.name,
        "Image": container.definition["image"],
        "ImageID": container.image_digest or "",
        "Labels": {
            "com.amazonaws.ecs.cluster": task.cluster_arn,
            "com.amazonaws.ecs.container-name": container.name,
            "com.amazonaws.ecs.task-arn": task.arn,
            "com.amazonaws.ecs.task-definition-family": task.definition.family,
            "com.amazonaws.ecs.task-definition-version": str(task.definition.revision),
        },
        "DesiredStatus": task.desired_status,
        "KnownStatus": container.status,
        "Type": "NORMAL",
        "ContainerARN": container.arn,
        "Networks": [
            {
                "NetworkMode": "awsvpc",
                "IPv4Addresses": [task.address],
                "PrivateDNSName": task.hostname,
                "AttachmentIndex": 0,
            }
        ],
    }
