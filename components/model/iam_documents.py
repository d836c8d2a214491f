"""IAM policy documents as plain dictionaries: named actions on named resources.

Where `Resource` is `*`, AWS allows nothing else, and a comment says so.
"""

from collections.abc import Sequence
from typing import Any

Document = dict[str, Any]


def statement(actions: Sequence[str], resources: Sequence[str]) -> Document:
    """Allow actions on resources."""
    return {"Action": sorted(actions), "Effect": "Allow", "Resource": sorted(resources)}


def document(statements: Sequence[Document]) -> Document:
    """Make a policy of statements."""
    return {"Statement": list(statements), "Version": "2012-10-17"}


def assume_by(service: str, account_id: str) -> Document:
    """Let a service take a role, for resources of this account only (the confused deputy problem).

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    """
    return document(
        [
            {
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                "Effect": "Allow",
                "Principal": {"Service": service},
            }
        ]
    )


def execution(*, secret_arns: Sequence[str], log_group_arn: str, repository_arn: str | None) -> Document:
    """What ECS itself does for a task: pull the image, read the secrets, write the log."""
    statements = [statement(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:log-stream:*"])]
    if secret_arns:
        statements.append(statement(["secretsmanager:GetSecretValue"], secret_arns))
    if repository_arn is not None:
        pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        statements.append(statement(pull, [repository_arn]))
        statements.append(statement(["ecr:GetAuthorizationToken"], ["*"]))  # no resource type exists for it
    return document(statements)


def task_logs(bucket_arn: str, *, write: bool) -> list[Document]:
    """Read the tasks' logs, and write them where tasks run."""
    actions = ["s3:GetObject", "s3:PutObject"] if write else ["s3:GetObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/*"])]


def pipeline_data(bucket_arn: str) -> list[Document]:
    """Read, write and delete the pipelines' data."""
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/*"])]


def task_protection(cluster_task_arns: str) -> list[Document]:
    """Let a worker shield itself while it runs a task.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
    """
    return [statement(["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [cluster_task_arns])]


def only_over_tls(bucket_arn: str) -> Document:
    """Refuse every request to a bucket that is not encrypted on its way."""
    return document(
        [
            {
                "Action": "s3:*",
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                "Effect": "Deny",
                "Principal": "*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
            }
        ]
    )


def flow_logs(log_group_arn: str) -> Document:
    """Let the VPC write its flow logs."""
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return document([statement(actions, [f"{log_group_arn}:*"])])
