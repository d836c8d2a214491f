"""What may be done, by whom, to what: no wildcard where a name is possible."""

import dataclasses
from typing import Any

import pytest

from components.model.iam import iam_documents, resource_policies
from components.model.iam.grants import Grants
from components.model.services import permissions
from components.model.services.service import Service
from components.model.settings.settings import RoleSettings, SecretsBackendSettings, Settings
from components.model.workload.workload import workload
from tests.components.model.samples import FLOWER, LOCAL, member, members

GRANTS = Grants(
    logs_bucket_arn="arn:aws:s3:::the-logs",
    data_bucket_arn="arn:aws:s3:::the-data",
    cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/airflow",
)
EXECUTION = iam_documents.execution(
    secret_arns=["arn:s:b", "arn:s:a"],
    references=[],
    log_group_arn="arn:logs:g",
    repository_arn="arn:ecr:r",
    kms_key_arn=None,
)
MEMBERS = members(FLOWER)
LOGS_READ = [("s3:ListBucket", "arn:aws:s3:::the-logs"), ("s3:GetObject", "arn:aws:s3:::the-logs/*")]
LOGS_WRITE = [*LOGS_READ, ("s3:PutObject", "arn:aws:s3:::the-logs/*")]
DATA = [
    ("s3:ListBucket", "arn:aws:s3:::the-data"),
    ("s3:AbortMultipartUpload", "arn:aws:s3:::the-data/*"),
    ("s3:DeleteObject", "arn:aws:s3:::the-data/*"),
    ("s3:GetObject", "arn:aws:s3:::the-data/*"),
    ("s3:PutObject", "arn:aws:s3:::the-data/*"),
]
PROTECTION = [
    ("ecs:DescribeTasks", "arn:aws:ecs:eu-west-1:123456789012:task/airflow/*"),
    ("ecs:GetTaskProtection", "arn:aws:ecs:eu-west-1:123456789012:task/airflow/*"),
    ("ecs:UpdateTaskProtection", "arn:aws:ecs:eu-west-1:123456789012:task/airflow/*"),
    ("ecs:DescribeServices", "arn:aws:ecs:eu-west-1:123456789012:service/airflow/*"),
]
RIGHTS: dict[str, list[tuple[str, str]]] = {
    "api-server": LOGS_READ,
    "execution-api": [],
    "scheduler": [],
    "dag-processor": [],
    "triggerer": LOGS_WRITE + DATA,
    "worker": LOGS_WRITE + DATA + PROTECTION,
    "flower": [],
    "migration": [],
}


def _allowed(statements: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [
        (action, resource)
        for statement in statements
        for action in statement["Action"]
        for resource in statement["Resource"]
        if statement["Effect"] == "Allow"
    ]


def test_a_schedule_may_start_its_own_task_and_nothing_else() -> None:
    """Every revision of one family, in one cluster, with just the task's two roles."""
    run, give = iam_documents.start_task(
        cluster_arn="arn:cluster",
        task_definition_arn="arn:aws:ecs:r:a:task-definition/clean:7",
        execution_role_arn="arn:execution",
        task_role_arn="arn:task",
    )["Statement"]
    assert (run["Action"], run["Resource"]) == (["ecs:RunTask"], ["arn:aws:ecs:r:a:task-definition/clean:*"])
    assert run["Condition"] == {"ArnEquals": {"ecs:cluster": "arn:cluster"}}
    assert (give["Action"], give["Resource"]) == (["iam:PassRole"], ["arn:execution", "arn:task"])
    assert give["Condition"] == {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}


def test_who_looks_connections_up_may_read_them_and_no_other_secret() -> None:
    """Those who serve the execution API, also within; neither workers nor the scheduler, where tasks run."""
    settings = Settings(secrets_backend=SecretsBackendSettings(prefix="airflow/prod"))
    place = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:airflow/prod"
    for service in members(settings):
        statements = permissions.permissions(settings, [service], GRANTS)
        readable = [arn for action, arn in _allowed(statements) if action == "secretsmanager:GetSecretValue"]
        looks_up = service.name in ("execution-api", "dag-processor", "triggerer")
        assert readable == ([f"{place}/connections/*", f"{place}/variables/*"] if looks_up else []), (
            service.name
        )
        assert permissions.needs_permissions(settings, [service]) is bool(statements)


@pytest.mark.parametrize("service", MEMBERS, ids=lambda service: service.name)
def test_each_role_may_do_just_this(service: Service) -> None:
    """The whole matrix of actions and resources."""
    statements = permissions.permissions(FLOWER, [service], GRANTS)
    assert sorted(_allowed(statements)) == sorted(RIGHTS[service.name])
    assert permissions.needs_permissions(FLOWER, [service]) is bool(RIGHTS[service.name])


def test_with_the_local_executor_the_scheduler_does_what_workers_do() -> None:
    """Tasks run in it: their logs and their data, but no protection, which only a worker takes."""
    scheduler = member(LOCAL, "scheduler")
    assert sorted(_allowed(permissions.permissions(LOCAL, [scheduler], GRANTS))) == sorted(LOGS_WRITE + DATA)


def test_what_shares_a_task_shares_its_rights_each_once() -> None:
    """The union of the roles' own, without a statement that is there twice."""
    single = dataclasses.replace(LOCAL, single_task=True, api_server=RoleSettings(memory_mib=4096))
    (together,) = workload(single).tasks
    statements = permissions.permissions(single, together, GRANTS)
    apart = [
        one
        for service in workload(LOCAL).services
        for one in permissions.permissions(LOCAL, [service], GRANTS)
    ]
    assert {*_allowed(statements)} == {*_allowed(apart)}
    assert [one for one in statements if statements.count(one) > 1] == []
    assert len(statements) < len(apart)


def test_ecs_may_pull_read_and_log_for_one_task() -> None:
    """Just this service's secrets, its log group and the one repository."""
    assert _allowed(EXECUTION["Statement"]) == [
        ("logs:CreateLogStream", "arn:logs:g:log-stream:*"),
        ("logs:PutLogEvents", "arn:logs:g:log-stream:*"),
        ("secretsmanager:GetSecretValue", "arn:s:a"),
        ("secretsmanager:GetSecretValue", "arn:s:b"),
        ("ecr:BatchCheckLayerAvailability", "arn:ecr:r"),
        ("ecr:BatchGetImage", "arn:ecr:r"),
        ("ecr:GetDownloadUrlForLayer", "arn:ecr:r"),
        ("ecr:GetAuthorizationToken", "*"),
    ]


def test_without_secrets_and_repository_only_the_log_is_left() -> None:
    """AWS refuses a statement without resources."""
    document = iam_documents.execution(
        secret_arns=[], references=[], log_group_arn="arn:g", repository_arn=None, kms_key_arn=None
    )
    assert [statement["Action"] for statement in document["Statement"]] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"]
    ]


def test_no_action_is_a_wildcard_and_one_resource_is() -> None:
    """Everything allowed is named; only the login to ECR has no resource to name."""
    everything = _allowed(EXECUTION["Statement"]) + _allowed(iam_documents.flow_logs("arn:f")["Statement"])
    for service in MEMBERS:
        everything += _allowed(permissions.permissions(FLOWER, [service], GRANTS))
    assert not [action for action, _ in everything if "*" in action]
    assert {action for action, resource in everything if resource == "*"} == {"ecr:GetAuthorizationToken"}


def test_a_role_is_taken_for_this_account_only() -> None:
    """The service cannot be talked into acting for another account's resources."""
    (trust,) = iam_documents.assume_by("ecs-tasks.amazonaws.com", "123456789012")["Statement"]
    assert trust == {
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }


def test_a_bucket_is_reached_over_tls_only() -> None:
    """The bucket itself and everything in it, for everybody, whatever else is allowed."""
    (deny,) = resource_policies.only_over_tls("arn:aws:s3:::b")["Statement"]
    assert deny == {
        "Action": "s3:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        "Effect": "Deny",
        "Principal": "*",
        "Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/*"],
    }


def test_the_order_of_actions_and_resources_does_not_matter() -> None:
    """IAM keeps no order, so ours is fixed."""
    one = iam_documents.statement(["b:B", "a:A"], ["y", "x"])
    assert one == iam_documents.statement(["a:A", "b:B"], ["x", "y"])
