"""The most that any role of a cluster may do, whatever policy somebody gives it.

A deploy role makes roles only under this boundary, so it cannot make one that may do more. What DAGs need
beside comes from who runs `bootstrap` (`--task-statements`), never from a pull request.
"""

from typing import Final

from cli.ci.permissions import allow, apart, keys, own, pulling, reading_master_secrets
from cli.ci.stack import CiStack, Document
from components.model.services import scaling

_S3: Final = (
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:ListBucket",
    "s3:ListBucketMultipartUploads",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
)
_ECS: Final = (
    "ecs:DescribeServices",
    "ecs:DescribeTasks",
    "ecs:GetTaskProtection",
    "ecs:RunTask",
    "ecs:StopTask",
    "ecs:UpdateTaskProtection",
)
_QUEUES: Final = (
    "sqs:ChangeMessageVisibility",
    "sqs:DeleteMessage",
    "sqs:ReceiveMessage",
    "sqs:SendMessage",
)
_LOGS: Final = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogStreams",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
    "logs:PutRetentionPolicy",
)


def boundary(stack: CiStack) -> list[Document]:
    """Bound the roles of a stack: the cluster's own things, what it was given, and no IAM permissions."""
    names = own(stack)
    to_tasks = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    metrics = scaling.namespace(f"{stack.base}-*")
    parameters = stack.there_before("ssm")
    return [
        allow(_S3, names["s3"]),
        allow(_LOGS, [*names["logs"], stack.arn("logs", "log-group:RDSOSMetrics*")]),
        allow(["logs:DescribeLogGroups"], [stack.arn("logs", "*")]),
        allow(_ECS, names["ecs"]),
        allow(["ecs:TagResource"], names["ecs"], StringEquals={"ecs:CreateAction": "RunTask"}),
        # ECS lists tasks by container instance, also where there are none.
        allow(["ecs:ListTasks"], [stack.arn("ecs", f"container-instance/{stack.base}-*")]),
        allow(_QUEUES, names["sqs"]),
        allow(["dynamodb:BatchGetItem", "dynamodb:PutItem"], names["dynamodb"]),
        allow(["secretsmanager:GetSecretValue"], [*names["secretsmanager"], *stack.secrets]),
        reading_master_secrets(stack),
        *([allow(["ssm:GetParameters"], parameters)] if parameters else []),
        *pulling(stack),
        keys(stack)[0],
        allow(["iam:PassRole"], [stack.roles_arn], StringEquals=to_tasks),
        allow(["cloudwatch:PutMetricData"], ["*"], StringLike={"cloudwatch:namespace": metrics}),
        *stack.task_statements,
        *apart(stack, state_too=False),
    ]
