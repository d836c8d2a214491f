"""What may be done, by whom, to what: no wildcard where a name is possible."""

import dataclasses
from typing import Any

import pytest

from components.model.iam import iam_documents, resource_policies
from components.model.iam.execution_role import execution_role
from components.model.iam.grants import Grants
from components.model.services import task_role_policy
from components.model.services.service import Service
from components.model.settings.settings import SecretsBackendSettings, ServiceSettings, Settings
from components.model.workload.workload import workload
from embedded_aws.account.iam.evaluation import decide
from tests.components.model.samples import FLOWER, LOCAL, member, members

GRANTS = Grants(
    logs_bucket_arn="arn:aws:s3:::the-logs",
    logs_prefix="airflow/tasks",
    data_bucket_arn="arn:aws:s3:::the-data",
    cluster_arn="arn:aws:ecs:eu-west-1:123456789012:cluster/airflow",
)
EXECUTION = execution_role(
    region="eu-west-1",
    secret_arns=["arn:s:b", "arn:s:a"],
    references=[],
    log_group_arn="arn:logs:g",
    repository_arn="arn:ecr:r",
    kms_key_arn=None,
)
MEMBERS = members(FLOWER)
LOGS = "arn:aws:s3:::the-logs/airflow/tasks/*"
LOGS_READ = [("s3:ListBucket", "arn:aws:s3:::the-logs"), ("s3:GetObject", LOGS)]
LOGS_WRITE = [*LOGS_READ, ("s3:PutObject", LOGS)]
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
PERMISSIONS: dict[str, list[tuple[str, str]]] = {
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
        statements = task_role_policy.statements(settings, [service], GRANTS)
        readable = [arn for action, arn in _allowed(statements) if action == "secretsmanager:GetSecretValue"]
        looks_up = service.name in ("execution-api", "dag-processor", "triggerer")
        assert readable == ([f"{place}/connections/*", f"{place}/variables/*"] if looks_up else []), (
            service.name
        )
        assert task_role_policy.has_statements(settings, [service]) is bool(statements)


@pytest.mark.parametrize("service", MEMBERS, ids=lambda service: service.name)
def test_each_service_may_do_just_this(service: Service) -> None:
    """The whole matrix of actions and resources."""
    statements = task_role_policy.statements(FLOWER, [service], GRANTS)
    assert sorted(_allowed(statements)) == sorted(PERMISSIONS[service.name])
    assert task_role_policy.has_statements(FLOWER, [service]) is bool(PERMISSIONS[service.name])


def test_with_the_local_executor_the_scheduler_does_what_workers_do() -> None:
    """Tasks run in it: their logs, their data, and the protection that it takes while they do."""
    scheduler = member(LOCAL, "scheduler")
    statements = task_role_policy.statements(LOCAL, [scheduler], GRANTS)
    assert sorted(_allowed(statements)) == sorted(PERMISSIONS["worker"])


def test_tasks_are_protected_by_their_own_service_only() -> None:
    """A DAG on a worker cannot hold up the replacement of a scheduler, nor of an API server.

    Not proved: that AWS gives a task its service's tag, on which it decides.
    """
    worker, scheduler = member(FLOWER, "worker"), member(LOCAL, "scheduler")
    single = dataclasses.replace(LOCAL, single_task=True, api_server=ServiceSettings(memory_mib=4096))
    for settings, services, tag in (
        (FLOWER, [worker], "worker"),
        (LOCAL, [scheduler], "scheduler"),
        (single, workload(single).tasks[0], "api-server"),
    ):
        (protect,) = [
            one
            for one in task_role_policy.statements(settings, services, GRANTS)
            if "ecs:UpdateTaskProtection" in one["Action"]
        ]
        assert protect["Action"] == [
            "ecs:DescribeTasks",
            "ecs:GetTaskProtection",
            "ecs:UpdateTaskProtection",
        ]
        assert protect["Condition"] == {"StringEquals": {"aws:ResourceTag/airflow-service": tag}}


def test_a_key_is_used_through_services_of_aws_only() -> None:
    """Nobody decrypts with a company's key what others encrypted with it."""
    grants = dataclasses.replace(GRANTS, kms_key_arn="arn:k")
    (task,) = [
        one
        for one in task_role_policy.statements(FLOWER, [member(FLOWER, "worker")], grants)
        if one["Resource"] == ["arn:k"]
    ]
    execution = execution_role(
        region="eu-west-1",
        secret_arns=[],
        references=[],
        log_group_arn="arn:g",
        repository_arn=None,
        kms_key_arn="arn:k",
    )["Statement"][-1]
    via = [one["Condition"]["StringLike"]["kms:ViaService"] for one in (task, execution)]
    assert via == [
        ["s3.eu-west-1.amazonaws.com*", "secretsmanager.eu-west-1.amazonaws.com*"],
        ["secretsmanager.eu-west-1.amazonaws.com*", "ssm.eu-west-1.amazonaws.com*"],
    ]
    assert execution["Resource"] == ["arn:k"]


def test_co_located_services_share_permissions_each_once() -> None:
    """The union of the roles' own, without a statement that is there twice."""
    single = dataclasses.replace(LOCAL, single_task=True, api_server=ServiceSettings(memory_mib=4096))
    (together,) = workload(single).tasks
    statements = task_role_policy.statements(single, together, GRANTS)
    apart = [
        one
        for service in workload(LOCAL).services
        for one in task_role_policy.statements(LOCAL, [service], GRANTS)
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


SECRET = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:sso"
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter/proxy"


@pytest.mark.parametrize(
    ("reference", "key", "named", "allowed"),
    [
        (f"{SECRET}-aBcDeF", "SecretARN", f"{SECRET}-aBcDeF", True),
        (SECRET, "SecretARN", f"{SECRET}-aBcDeF", True),
        (f"{SECRET}-aBcDeF:password::", "SecretARN", f"{SECRET}-aBcDeF", True),
        (f"{SECRET}-aBcDeF", "SecretARN", f"{SECRET}-other-aBcDeF", False),
        (f"{SECRET}-aBcDeF", "PARAMETER_ARN", PARAMETER, False),
        (PARAMETER, "PARAMETER_ARN", PARAMETER, True),
        (PARAMETER, "PARAMETER_ARN", f"{PARAMETER}2", False),
    ],
)
def test_an_existing_secret_may_be_under_any_key(
    reference: str, key: str, named: str, *, allowed: bool
) -> None:
    """ECS decrypts it with a company's key, which decrypts nothing else for it."""
    document = execution_role(
        region="eu-west-1",
        secret_arns=[],
        references=[reference],
        log_group_arn="arn:aws:logs:eu-west-1:123456789012:log-group:g",
        repository_arn=None,
        kms_key_arn=None,
    )
    company = "arn:aws:kms:eu-west-1:123456789012:key/company"
    decision = decide([document], None, "kms:Decrypt", company, {f"kms:EncryptionContext:{key}": named})
    assert decision.allowed is allowed


def test_without_secrets_and_repository_only_the_log_is_left() -> None:
    """AWS refuses a statement without resources."""
    document = execution_role(
        region="eu-west-1",
        secret_arns=[],
        references=[],
        log_group_arn="arn:g",
        repository_arn=None,
        kms_key_arn=None,
    )
    assert [statement["Action"] for statement in document["Statement"]] == [
        ["logs:CreateLogStream", "logs:PutLogEvents"]
    ]


def test_flow_logs_have_all_that_aws_demands() -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html."""
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:flow"
    allowed = _allowed(iam_documents.flow_logs(group)["Statement"])
    assert {action for action, _ in allowed} == {
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    }
    assert ("logs:DescribeLogGroups", "arn:aws:logs:eu-west-1:123456789012:*") in allowed


def test_no_action_is_a_wildcard_and_one_resource_is() -> None:
    """Everything allowed is named; only the login to ECR has no resource to name."""
    everything = _allowed(EXECUTION["Statement"]) + _allowed(iam_documents.flow_logs("arn:f")["Statement"])
    for service in MEMBERS:
        everything += _allowed(task_role_policy.statements(FLOWER, [service], GRANTS))
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
