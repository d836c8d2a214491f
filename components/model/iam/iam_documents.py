"""IAM policy documents as plain dictionaries: named actions on named resources.

Where `Resource` is `*`, the action supports no resource-level permissions, as a comment states.
"""

from collections.abc import Sequence
from typing import Any, Final

Document = dict[str, Any]
SERVICE_TAG: Final = "airflow-service"
"""The tag that says which service a task belongs to; ECS copies it from the service."""
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


def task_logs(bucket_arn: str, prefix: str, *, write: bool) -> list[Document]:
    """Read the tasks' logs, and write them where tasks run.

    All names can be listed: with a condition on `s3:prefix` S3 answers 403, not 404, for a log that does not
    exist, and Airflow then writes none. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
    """
    actions = ["s3:GetObject", "s3:PutObject"] if write else ["s3:GetObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/{prefix}/*"])]


def encrypted_data(kms_key_arn: str, region: str) -> list[Document]:
    """Read and write objects, and read secrets, that are encrypted with a customer managed key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html
    """
    return [with_key(["kms:Decrypt", "kms:GenerateDataKey"], kms_key_arn, region, ("s3", "secretsmanager"))]


def with_key(actions: Sequence[str], kms_key_arn: str, region: str, services: Sequence[str]) -> Document:
    """Let services of AWS use a key for a role, which decrypts nothing by itself: others use the key too.

    https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
    """
    # The end differs in China.
    via = [f"{service}.{region}.amazonaws.com*" for service in services]
    return statement(actions, [kms_key_arn]) | {"Condition": {"StringLike": {"kms:ViaService": via}}}


def pipeline_data(bucket_arn: str) -> list[Document]:
    """Read, write and delete the pipelines' data."""
    actions = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
    return [statement(["s3:ListBucket"], [bucket_arn]), statement(actions, [f"{bucket_arn}/*"])]


def task_protection(cluster_arn: str, service: str) -> list[Document]:
    """Let a service's tasks shield each other, and no other service's, and see which deployment stays.

    A role is that of all tasks of a service, so one task cannot be told from the next.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html,
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/control-access-with-tags.html
    """
    tasks, services = (f"{cluster_arn.replace(':cluster/', f':{kind}/')}/*" for kind in ("task", "service"))
    own = {"Condition": {"StringEquals": {f"aws:ResourceTag/{SERVICE_TAG}": service}}}
    return [
        # Others' tasks are described with their overrides, which may hold a token.
        statement(["ecs:DescribeTasks", "ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks]) | own,
        statement(["ecs:DescribeServices"], [services]),
    ]


def secrets_under(arn_prefix: str, prefix: str) -> list[Document]:
    """Let Airflow's secrets backend read connections and variables, and no other secret.

    Args:
        arn_prefix: what the ARNs of the account's secrets begin with, up to the name.
        prefix: what the names begin with.
    """
    folders = [f"{arn_prefix}{prefix}/{kind}/*" for kind in ("connections", "variables")]
    return [statement(["secretsmanager:GetSecretValue"], folders)]


def airflow_resources(object_arn: str, secret_arns: Sequence[str]) -> list[Document]:
    """Let the migration read the file of connections, variables and pools, and the secrets that it names."""
    file = statement(["s3:GetObject"], [object_arn])
    return [file, statement(["secretsmanager:GetSecretValue"], secret_arns)] if secret_arns else [file]


def start_task(
    *, cluster_arn: str, task_definition_arn: str, execution_role_arn: str, task_role_arn: str
) -> Document:
    """Let a schedule start tasks of one family in one cluster, with their two roles and no others.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-templated.html
    """
    return document(_start(cluster_arn, task_definition_arn, [execution_role_arn, task_role_arn]))


def start_and_stop_tasks(
    *, cluster_arn: str, service: str, task_definition_arn: str, role_arns: Sequence[str]
) -> list[Document]:
    """Let a service start tasks of one family in one cluster, find them, and stop these and no others.

    Their tag tells them apart; a request that tags what it makes needs a permission for that:
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html
    """
    tasks = f"{cluster_arn.replace(':cluster/', ':task/')}/*"
    # ECS lists tasks by container instance, also where there are none:
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerservice.html
    instances = f"{cluster_arn.replace(':cluster/', ':container-instance/')}/*"
    own = {"Condition": {"StringEquals": {f"aws:ResourceTag/{SERVICE_TAG}": service}}}
    made = {"StringEquals": {"ecs:CreateAction": "RunTask", f"aws:RequestTag/{SERVICE_TAG}": service}}
    return [
        *_start(cluster_arn, task_definition_arn, role_arns),
        statement(["ecs:TagResource"], [tasks]) | {"Condition": made},
        statement(["ecs:StopTask"], [tasks]) | own,
        statement(["ecs:DescribeTasks"], [tasks]),
        statement(["ecs:ListTasks"], [instances]),
    ]


def _start(cluster_arn: str, task_definition_arn: str, role_arns: Sequence[str]) -> list[Document]:
    revisions = task_definition_arn.rpartition(":")[0] + ":*"
    run = statement(["ecs:RunTask"], [revisions])
    give = statement(["iam:PassRole"], role_arns)
    return [
        run | {"Condition": {"ArnEquals": {"ecs:cluster": cluster_arn}}},
        give | {"Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}},
    ]


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
    """Let the VPC write its flow logs, with all that AWS demands of the role.

    https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
    """
    write = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    account = log_group_arn.partition(":log-group:")[0]
    return document(
        [statement(write, [f"{log_group_arn}:*"]), statement(["logs:DescribeLogGroups"], [f"{account}:*"])]
    )
