"""Tasks that protect themselves against being stopped, because they still work.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from ..base.aws_clients import AwsClients
from . import ecs_reports

ASKED_AT_ONCE = 100
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_GetTaskProtection.html"""
CHANGED_AT_ONCE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateTaskProtection.html"""


def protected(aws: AwsClients, cluster_arn: str, tasks: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name those of the tasks that are protected, and until when."""
    arns = [str(task["taskArn"]) for task in tasks]
    return [
        f"{ecs_reports.task_id(one['taskArn'])} protected until {one['expirationDate']:%Y-%m-%d %H:%M} UTC"
        for batch in _batches(arns, ASKED_AT_ONCE)
        for one in aws.ecs.get_task_protection(cluster=cluster_arn, tasks=batch)["protectedTasks"]
        if one["protectionEnabled"]
    ]


def lift(aws: AwsClients, cluster_arn: str, service_name: str) -> None:
    """Let ECS stop every task of a service that is about to be deleted; one that is gone has none.

    Protection holds against deletion too: the service would drain until its last task has ended.
    """
    try:
        pages = aws.ecs.get_paginator("list_tasks").paginate(cluster=cluster_arn, serviceName=service_name)
        arns = [arn for page in pages for arn in page["taskArns"]]
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ServiceNotFoundException", "ClusterNotFoundException"):
            return
        raise
    for batch in _batches(arns, CHANGED_AT_ONCE):
        aws.ecs.update_task_protection(cluster=cluster_arn, tasks=batch, protectionEnabled=False)


def _batches(arns: list[str], size: int) -> Iterator[list[str]]:
    return (arns[start : start + size] for start in range(0, len(arns), size))
