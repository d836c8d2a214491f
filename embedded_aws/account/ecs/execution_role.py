"""What ECS itself does for a task with the task's execution role: pull the image, read secrets, write logs.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html
A task without the role is not evaluated: only what needs no role can be in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from embedded_aws.account.authorization import Call, Need, Place, key_needs, refusal_of
from embedded_aws.account.ecs.errors import StartError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from embedded_aws.account.ecs.model import Task

_UNABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval "
    "failed: "
)
_RETRIED = "service call has been retried 1 time(s)"
_NO_STREAM = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
    "failed to create CloudWatch log stream: "
)
_LAYERS = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


def check_pull(task: Task, reference: str) -> None:
    """Check that an image of ECR may be pulled.

    Raises:
        StartError: it may not.
    """
    host, _, rest = reference.partition("/")
    parts = host.split(".")
    if parts[1:3] != ["dkr", "ecr"]:
        return
    if why := _refusal(task, [Need("ecr:GetAuthorizationToken")]):
        raise StartError(f"{_UNABLE}unable to retrieve ecr registry auth: {_RETRIED}: {why}")
    place = Place(_partition(task), parts[3], parts[0])
    repository = place.arn("ecr", f"repository/{rest.partition('@')[0].partition(':')[0]}")
    if why := _refusal(task, [Need(action, repository) for action in _LAYERS]):
        raise StartError(f"CannotPullContainerError: pull image manifest has been retried 1 time(s): {why}")


def check_secret(task: Task, arn: str) -> None:
    """Check that a secret may be read, and be decrypted with its key.

    Raises:
        StartError: it may not.
    """
    place = Place(_partition(task), arn.split(":")[3], task.account_id)
    if why := _refusal(task, key_needs.of_secret("GetSecretValue", arn, place)):
        what = f"failed to fetch secret {arn} from secrets manager: {why}"
        raise StartError(f"{_UNABLE}unable to retrieve secret from asm: {_RETRIED}: {what}")


def check_parameter(task: Task, name: str) -> None:
    """Check that a parameter may be read, and be decrypted with its key.

    Raises:
        StartError: it may not.
    """
    place = Place(_partition(task), task.region, task.account_id)
    call = Call("ssm", task.region, "GetParameters", {"Names": [name], "WithDecryption": True})
    if why := _refusal(task, key_needs.of_parameters(call, place)):
        what = f"unable to retrieve secrets from ssm: {_RETRIED}: {why}"
        raise StartError(f"{_UNABLE}{what}")


def may_log(task: Task, *, group: str, stream: str, region: str, creates_group: bool) -> bool:
    """Tell whether output is kept: AWS says nothing where only that is refused.

    Raises:
        StartError: the stream may not be made, or its group.
    """
    place = Place(_partition(task), region, task.account_id)
    prefix = place.arn("logs", f"log-group:{group}:log-stream:")
    made = [Need("logs:CreateLogGroup", prefix)] if creates_group else []
    if why := _refusal(task, [*made, Need("logs:CreateLogStream", f"{prefix}{stream}")]):
        raise StartError(f"{_NO_STREAM}{why}")
    return not _refusal(task, [Need("logs:PutLogEvents", f"{prefix}{stream}")])


def _partition(task: Task) -> str:
    return task.arn.split(":")[1]


def _refusal(task: Task, needs: Sequence[Need]) -> str:
    """Return code and message of what the execution role may not do; nothing: it may."""
    if not task.execution_role_arn:
        return ""
    place = Place(_partition(task), task.region, task.account_id)
    refusal = refusal_of(needs, place, task.execution_role_arn, task.id)
    if refusal is None:
        return ""
    return f"{'NotImplemented' if refusal.unmodelled else 'AccessDeniedException'}: {refusal.message}"
