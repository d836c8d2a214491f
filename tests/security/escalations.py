"""Published ways from some permissions in an AWS account to more, as requests that must all be allowed.

Methods and their needs: Rhino Security Labs, "AWS IAM Privilege Escalation: Methods and Mitigation"
(https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/) and its second part
(https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/); Bishop Fox
(https://bishopfox.com/blog/privilege-escalation-in-aws); Datadog's https://pathfinding.cloud/paths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.ci.permissions import OF_DATABASE
from tests.helpers.pulumi_mocks import ACCOUNT, REGION
from tests.security.ci_stacks import BUCKET, key_arn

Request = tuple[str, str, Mapping[str, Any]]
RHINO: Final = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/"
RHINO_2: Final = "https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation-part-2/"
BISHOP_FOX: Final = "https://bishopfox.com/blog/privilege-escalation-in-aws"
PATHFINDING: Final = "https://pathfinding.cloud/paths/"


def arn(service: str, resource: str, region: str = REGION) -> str:
    """Give an ARN of the account."""
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


ADMIN: Final = arn("iam", "role/admin", "")
"""A role that may do everything, which services and the account itself may take."""
POLICY: Final = arn("iam", "policy/team", "")
USER: Final = arn("iam", "user/admin", "")
OF_ADMINS: Final = "arn:aws:iam::aws:policy/AdministratorAccess"
MADE: Final = arn("iam", "role/airflow-dev-x", "")
"""A role named as a stack's own were before they had a path."""
OTHER_ROLE: Final = arn("iam", "role/airflow-ecs/prod/airflow-prod-worker-task-1a2b3c4", "")
OWN_ROLE: Final = arn("iam", "role/airflow-ecs/dev/airflow-dev-x", "")
"""A role within the path of the stack whose deploy role is tried."""


def _pass(to: str, role: str = ADMIN) -> Request:
    return ("iam:PassRole", role, {"iam:PassedToService": f"{to}.amazonaws.com"})


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to more permissions."""

    name: str
    link: str
    requests: Sequence[Request]


def _iam(name: str, action: str, resource: str, link: str = RHINO, **context: Any) -> Method:
    given = {f"iam:{key}": value for key, value in context.items()}
    return Method(name=name, link=link, requests=[(f"iam:{action}", resource, given)])


def _with_role(name: str, service: str, link: str, *more: tuple[str, str]) -> Method:
    return Method(name=name, link=link, requests=[_pass(service), *((one, where, {}) for one, where in more)])


FUNCTION: Final = arn("lambda", "function:x")
ENDPOINT: Final = arn("glue", "devEndpoint/x")
INSTANCE: Final = arn("ec2", "instance/i-1")
OTHER_TASKS: Final = arn("ecs", "task-definition/airflow-prod-worker:1")
OTHER_CLUSTER: Final = arn("ecs", "cluster/airflow-prod-1a2b3c4")
METHODS: Final = (
    _iam("new version of a policy", "CreatePolicyVersion", POLICY),
    _iam("older version of a policy", "SetDefaultPolicyVersion", POLICY),
    _iam("access key of a user", "CreateAccessKey", USER),
    _iam("password of a user", "CreateLoginProfile", USER),
    _iam("other password of a user", "UpdateLoginProfile", USER),
    _iam("attach to a user", "AttachUserPolicy", USER, PolicyARN=OF_ADMINS),
    _iam("attach to a group", "AttachGroupPolicy", arn("iam", "group/all", ""), PolicyARN=OF_ADMINS),
    _iam("attach to a role", "AttachRolePolicy", MADE, PolicyARN=OF_ADMINS),
    _iam("policy of a user", "PutUserPolicy", USER),
    _iam("policy of a group", "PutGroupPolicy", arn("iam", "group/all", "")),
    _iam("policy of a role", "PutRolePolicy", MADE),
    _iam("join a group", "AddUserToGroup", arn("iam", "group/admins", "")),
    _iam("trust of a role", "UpdateAssumeRolePolicy", MADE),
    _iam("no boundary any more", "DeleteRolePermissionsBoundary", MADE, PATHFINDING),
    _iam("another boundary", "PutRolePermissionsBoundary", MADE, PATHFINDING, PermissionsBoundary=OF_ADMINS),
    Method(
        name="a role of one's own, with a policy for everything",
        link=PATHFINDING,
        requests=[
            ("iam:CreateRole", MADE, {}),
            ("iam:PutRolePolicy", MADE, {}),
            ("sts:AssumeRole", MADE, {}),
        ],
    ),
    Method(
        name="another stack's role, taken over",
        link=PATHFINDING,
        requests=[("iam:UpdateAssumeRolePolicy", OTHER_ROLE, {}), ("sts:AssumeRole", OTHER_ROLE, {})],
    ),
    Method(name="take a role", link=PATHFINDING, requests=[("sts:AssumeRole", ADMIN, {})]),
    _with_role("instance with a role", "ec2", RHINO, ("ec2:RunInstances", INSTANCE)),
    _with_role(
        "function with a role",
        "lambda",
        RHINO,
        ("lambda:CreateFunction", FUNCTION),
        ("lambda:InvokeFunction", FUNCTION),
    ),
    _with_role(
        "function behind a table",
        "lambda",
        RHINO,
        ("lambda:CreateFunction", FUNCTION),
        ("lambda:CreateEventSourceMapping", "*"),
    ),
    _with_role("endpoint of Glue", "glue", RHINO, ("glue:CreateDevEndpoint", ENDPOINT)),
    _with_role(
        "stack of CloudFormation",
        "cloudformation",
        RHINO,
        ("cloudformation:CreateStack", arn("cloudformation", "stack/x/1")),
    ),
    _with_role(
        "data pipeline",
        "datapipeline",
        RHINO,
        ("datapipeline:CreatePipeline", "*"),
        ("datapipeline:PutPipelineDefinition", arn("datapipeline", "pipeline/x")),
        ("datapipeline:ActivatePipeline", arn("datapipeline", "pipeline/x")),
    ),
    _with_role(
        "notebook of SageMaker",
        "sagemaker",
        RHINO_2,
        ("sagemaker:CreateNotebookInstance", arn("sagemaker", "notebook-instance/x")),
        ("sagemaker:CreatePresignedNotebookInstanceUrl", arn("sagemaker", "notebook-instance/x")),
    ),
    _with_role(
        "build of CodeBuild",
        "codebuild",
        PATHFINDING,
        ("codebuild:CreateProject", arn("codebuild", "project/x")),
        ("codebuild:StartBuild", arn("codebuild", "project/x")),
    ),
    _with_role(
        "state machine",
        "states",
        PATHFINDING,
        ("states:CreateStateMachine", arn("states", "stateMachine:x")),
        ("states:StartExecution", arn("states", "stateMachine:x")),
    ),
    _with_role(
        "task with a role",
        "ecs-tasks",
        RHINO_2,
        ("ecs:RegisterTaskDefinition", arn("ecs", "task-definition/airflow-dev-x:1")),
        ("ecs:RunTask", arn("ecs", "task-definition/airflow-dev-x:1")),
    ),
    _with_role(
        "schedule with a role",
        "scheduler",
        PATHFINDING,
        ("scheduler:CreateSchedule", arn("scheduler", "schedule/default/airflow-dev-x")),
    ),
    Method(
        name="code of a function",
        link=RHINO,
        requests=[("lambda:UpdateFunctionCode", FUNCTION, {})],
    ),
    Method(
        name="layer of a function",
        link=RHINO_2,
        requests=[("lambda:UpdateFunctionConfiguration", FUNCTION, {})],
    ),
    Method(name="key of a Glue endpoint", link=RHINO, requests=[("glue:UpdateDevEndpoint", ENDPOINT, {})]),
    Method(name="command on an instance", link=BISHOP_FOX, requests=[("ssm:SendCommand", INSTANCE, {})]),
    Method(name="session on an instance", link=BISHOP_FOX, requests=[("ssm:StartSession", INSTANCE, {})]),
    Method(
        name="key for an instance",
        link=BISHOP_FOX,
        requests=[("ec2-instance-connect:SendSSHPublicKey", INSTANCE, {})],
    ),
    Method(
        name="shell in another stack's task",
        link=PATHFINDING,
        requests=[("ecs:ExecuteCommand", arn("ecs", "task/airflow-prod-1a2b3c4/1"), {})],
    ),
    Method(
        name="another stack's task with another command",
        link=PATHFINDING,
        requests=[("ecs:RunTask", OTHER_TASKS, {"ecs:cluster": OTHER_CLUSTER})],
    ),
    Method(
        name="another stack's services with other code",
        link=PATHFINDING,
        requests=[("ecs:UpdateService", arn("ecs", "service/airflow-prod-1a2b3c4/airflow-prod-worker"), {})],
    ),
)
"""`MADE` and `OTHER_ROLE` are roles, `dev` the stack that is tried, `prod` its neighbour."""

TREASURES: Final[Mapping[str, Request]] = {
    "another state, read": (
        "s3:GetObject",
        f"arn:aws:s3:::{BUCKET}/prod/.pulumi/stacks/airflow-ecs/prod.json",
        {},
    ),
    "another state, written": (
        "s3:PutObject",
        f"arn:aws:s3:::{BUCKET}/prod/.pulumi/stacks/airflow-ecs/prod.json",
        {},
    ),
    "the rules of the states' bucket": ("s3:PutBucketPolicy", f"arn:aws:s3:::{BUCKET}", {}),
    "another state's secrets": (
        "kms:Decrypt",
        key_arn("prod"),
        {"kms:ResourceAliases": ["alias/airflow-ecs-prod"]},
    ),
    "another state's secrets by way of S3": (
        "kms:Decrypt",
        key_arn("prod"),
        {"kms:ResourceAliases": ["alias/airflow-ecs-prod"], "kms:ViaService": f"s3.{REGION}.amazonaws.com"},
    ),
    "the rules of another state's key": (
        "kms:PutKeyPolicy",
        key_arn("prod"),
        {"kms:ResourceAliases": ["alias/airflow-ecs-prod"]},
    ),
    "another stack's secret": (
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:airflow-prod-fernet-key-1a2b3c4-AbCdEf"),
        {},
    ),
    "another stack's master user": (
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:rds!db-0badcafe-AbCdEf"),
        {OF_DATABASE: arn("rds", "db:airflow-prod-database-1a2b3c4")},
    ),
    "another database's master user": (
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:rds!db-0badcafe-AbCdEf"),
        {},
    ),
    "all secrets at once": ("secretsmanager:BatchGetSecretValue", "*", {}),
    "a company's secret": (
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:company-AbCdEf"),
        {},
    ),
    "another stack's data": ("s3:GetObject", "arn:aws:s3:::airflow-prod-data-1a2b3c4/one", {}),
    "another stack's database": ("rds:ModifyDBInstance", arn("rds", "db:airflow-prod-database-1a2b3c4"), {}),
    "an administrator's role": ("sts:AssumeRole", ADMIN, {}),
    "a user": ("iam:CreateUser", USER, {}),
    "a role without a boundary": ("iam:CreateRole", OWN_ROLE, {}),
    "its own boundary": ("iam:CreatePolicyVersion", arn("iam", "policy/airflow-ecs-dev-boundary", ""), {}),
    "its own role": ("iam:PutRolePolicy", arn("iam", "role/airflow-ecs-dev-deploy", ""), {}),
    "its neighbour's role": (
        "iam:UpdateAssumeRolePolicy",
        arn("iam", "role/airflow-ecs-prod-deploy", ""),
        {},
    ),
}
"""What `*:*` would give, and what belongs to another stack of the account."""
