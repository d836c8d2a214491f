"""IAM policy documents as plain dictionaries: named actions on named resources.

Where `Resource` is `*`, AWS allows nothing else, and a comment says so.
"""

from collections.abc import Sequence
from typing import Any, Final

from ..aws import arns

Document = dict[str, Any]
PULL: Final = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""What pulling an image takes."""


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


def execution(
    *,
    secret_arns: Sequence[str],
    references: Sequence[str],
    log_group_arn: str,
    repository_arn: str | None,
    kms_key_arn: str | None,
) -> Document:
    """What ECS itself does for a task: pull the image, read the secrets, write the log.

    Args:
        secret_arns: secrets of the cluster.
        references: secrets and parameters that were there before, in any form that ECS reads.
        log_group_arn: where the output goes to.
        repository_arn: where the image comes from; None for another registry than ECR.
        kms_key_arn: the key of the cluster's secrets, if it is one's own.
    """
    statements = [statement(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:log-stream:*"])]
    others = {arns.without_suffix(reference) for reference in references}
    parameters = {one for one in others if one.split(":")[2] == "ssm"}
    if secrets := {*secret_arns, *(others - parameters)}:
        statements.append(statement(["secretsmanager:GetSecretValue"], [*secrets]))
    if parameters:
        statements.append(statement(["ssm:GetParameters"], [*parameters]))
    if kms_key_arn is not None:
        statements.append(statement(["kms:Decrypt"], [kms_key_arn]))
    if repository_arn is not None:
        statements.append(statement(PULL, [repository_arn]))
        statements.append(statement(["ecr:GetAuthorizationToken"], ["*"]))  # no resource type exists for it
    return document(statements)


def task_logs(bucket_arn: str, *, write: bool) -> list[Document]:
    """Read the tasks' logs, and write them where tasks run."""
    actions = ["s3:GetObject", "s3:PutObject"] if write else ["s3:GetObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/*"])]


def encrypted_data(kms_key_arn: str) -> list[Document]:
    """Read and write what is encrypted with a key of one's own.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    return [statement(["kms:Decrypt", "kms:GenerateDataKey"], [kms_key_arn])]


def pipeline_data(bucket_arn: str) -> list[Document]:
    """Read, write and delete the pipelines' data."""
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/*"])]


def task_protection(cluster_arn: str) -> list[Document]:
    """Let a worker shield itself while it runs a task, and see whether another deployment takes its place.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
    """
    tasks, services = (f"{cluster_arn.replace(':cluster/', f':{kind}/')}/*" for kind in ("task", "service"))
    protection = ["ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"]
    return [statement(protection, [tasks]), statement(["ecs:DescribeServices"], [services])]


def secrets_under(arn_prefix: str, prefix: str) -> list[Document]:
    """Let Airflow's secrets backend read connections and variables, and no other secret.

    Args:
        arn_prefix: what the ARNs of the account's secrets begin with, up to the name.
        prefix: what the names begin with.
    """
    folders = [f"{arn_prefix}{prefix}/{kind}/*" for kind in ("connections", "variables")]
    return [statement(["secretsmanager:GetSecretValue"], folders)]


def airflow_objects(object_arn: str, secret_arns: Sequence[str]) -> list[Document]:
    """Let the migration read the file of connections, variables and pools, and the secrets that it names."""
    file = statement(["s3:GetObject"], [object_arn])
    return [file, statement(["secretsmanager:GetSecretValue"], secret_arns)] if secret_arns else [file]


def start_task(
    *, cluster_arn: str, task_definition_arn: str, execution_role_arn: str, task_role_arn: str
) -> Document:
    """Let a schedule start tasks of one family in one cluster, with their two roles and no others.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
    """
    revisions = task_definition_arn.rpartition(":")[0] + ":*"
    run = statement(["ecs:RunTask"], [revisions])
    give = statement(["iam:PassRole"], [execution_role_arn, task_role_arn])
    return document(
        [
            run | {"Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}}},
            give | {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
        ]
    )


def database_monitoring(partition: str, account_id: str, region: str) -> Document:
    """Let RDS write what it sees of a database's operating system, always into a group of this name.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
    """
    group = f"arn:{partition}:logs:{region}:{account_id}:log-group:RDSOSMetrics"
    streams = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:GetLogEvents", "logs:PutLogEvents"]
    return document(
        [
            # With `:*`, as AWS names a group in permissions:
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html
            statement(["logs:CreateLogGroup", "logs:PutRetentionPolicy"], [f"{group}:*"]),
            statement(streams, [f"{group}:log-stream:*"]),
        ]
    )


def flow_logs(log_group_arn: str) -> Document:
    """Let the VPC write its flow logs."""
    actions = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    return document([statement(actions, [f"{log_group_arn}:*"])])
