"""Published ways to more permissions, tried with the roles of CI.

Each is first shown to work on a role where it does: the deploy role as it was made before (PowerUserAccess
and its stack's roles without a boundary), or one that has all of IAM besides. checked by the model of IAM in
`embedded_aws/account/iam`; not proved is what AWS itself says, and that the list is complete.
"""

import json
from typing import Any, Final

import pytest
from moto.iam.aws_managed_policies import aws_managed_policies_data

from cli.ci.permissions import OF_DATABASE
from cli.ci.roles import KINDS, document
from cli.ci.stack import collision
from tests.helpers.pulumi_mocks import ACCOUNT, REGION
from tests.security.ci_stacks import EVERYTHING, boundary, identity, may, stack
from tests.security.escalations import METHODS, OWN_ROLE, TREASURES, Method, Request, arn

DEV: Final = stack("dev")
POWER_USER: Final[dict[str, Any]] = json.loads(aws_managed_policies_data)["PowerUserAccess"]["Document"]
BEFORE: Final = [
    POWER_USER,
    document(
        [
            {
                "Effect": "Allow",
                "Action": [
                    "iam:CreateRole",
                    "iam:DeleteRole",
                    "iam:PutRolePolicy",
                    "iam:UpdateAssumeRolePolicy",
                    "iam:PutRolePermissionsBoundary",
                    "iam:DeleteRolePermissionsBoundary",
                ],
                "Resource": [arn("iam", "role/airflow-dev-*", ""), arn("iam", "role/*/airflow-dev-*", "")],
            },
            {
                "Effect": "Allow",
                "Action": "iam:PassRole",
                "Resource": arn("iam", "role/airflow-dev-*", ""),
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
        ]
    ),
]
"""What a deploy role of the stack dev had at first."""
WITH_IAM: Final = [
    POWER_USER,
    document([{"Effect": "Allow", "Action": ["iam:*"], "Resource": "*"}]),
]
WORKED_BEFORE: Final = 15
"""So many of the methods worked with the deploy role as it was."""


def _works(method: Method, policies: list[Any], limit: Any = None) -> bool:
    return all(may(policies, *request, limit).allowed for request in method.requests)


def test_there_are_enough_methods() -> None:
    """Each with the page that tells it, and most of them no mere theory for the role as it was."""
    assert len({one.name for one in METHODS}) == len(METHODS) >= 20
    assert all(one.link.startswith("https://") for one in METHODS)
    assert sum(_works(one, BEFORE) for one in METHODS) == WORKED_BEFORE


@pytest.mark.parametrize("method", METHODS, ids=[one.name for one in METHODS])
def test_a_published_method_fails(method: Method) -> None:
    """It works with the permissions that it needs, and with no role of CI, nor any role that these make."""
    assert _works(method, BEFORE) or _works(method, WITH_IAM), method.link
    for kind in KINDS:
        assert not _works(method, identity(DEV, kind)), f"{kind}: {method.link}"
    assert not _works(method, [EVERYTHING], boundary(DEV)), method.link


@pytest.mark.parametrize("name", TREASURES)
def test_nothing_of_others_is_reached(name: str) -> None:
    """By no role of CI, and by no role that a deploy role makes, whatever policy it gives it."""
    request = TREASURES[name]
    assert may(WITH_IAM, *request)
    for kind in KINDS:
        assert not may(identity(DEV, kind), *request), kind
    assert not may([EVERYTHING], *request, boundary(DEV))


@pytest.mark.parametrize(
    "asked",
    [
        *(TREASURES[name] for name in ("another state, read", "another state's secrets")),
        *(TREASURES[name] for name in ("another stack's secret", "a user")),
        ("iam:DeleteRolePermissionsBoundary", OWN_ROLE, {}),
        ("iam:PutRolePermissionsBoundary", OWN_ROLE, {"iam:PermissionsBoundary": DEV.boundary_arn}),
    ],
    ids=lambda given: given[0],
)
def test_a_deploy_role_keeps_off_whatever_is_attached_to_it(asked: Request) -> None:
    """Whoever attaches AdministratorAccess: state, keys, secrets and permissions stay denied by name."""
    assert may([*identity(DEV, "deploy"), EVERYTHING], *asked).reason == "explicit deny"


def test_roles_are_made_under_the_boundary_and_nowhere_else() -> None:
    """In the stack's own path; the boundary is neither changed nor taken away."""
    deploy = identity(DEV, "deploy")
    bounded = {"iam:PermissionsBoundary": DEV.boundary_arn}
    for action in ("CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy"):
        assert may(deploy, f"iam:{action}", OWN_ROLE, bounded), action
        assert not may(deploy, f"iam:{action}", OWN_ROLE), action
        other = {"iam:PermissionsBoundary": stack("prod").boundary_arn}
        assert not may(deploy, f"iam:{action}", OWN_ROLE, other), action
        assert not may(deploy, f"iam:{action}", arn("iam", "role/airflow-dev-x", ""), bounded), action
    for action in ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary", "AttachRolePolicy"):
        assert not may(deploy, f"iam:{action}", OWN_ROLE, bounded), action


def test_a_stack_reaches_its_own() -> None:
    """What is refused above is allowed for one's own, so the tests above are no tests of an empty role."""
    deploy = identity(DEV, "deploy")
    own = [
        ("s3:PutObject", "arn:aws:s3:::" + DEV.bucket + "/dev/.pulumi/meta.yaml"),
        ("kms:Encrypt", DEV.key_arn),
        (
            "secretsmanager:GetSecretValue",
            arn("secretsmanager", "secret:airflow-dev-fernet-key-1a2b3c4-AbCdEf"),
        ),
        ("ecs:UpdateService", arn("ecs", "service/airflow-dev-1a2b3c4/airflow-dev-worker-1a2b3c4")),
        ("rds:ModifyDBInstance", arn("rds", "db:airflow-dev-database-1a2b3c4")),
    ]
    context = {"kms:ResourceAliases": ["alias/airflow-ecs-dev"]}
    for action, resource in own:
        assert may(deploy, action, resource, context if action.startswith("kms:") else {}), action
    # A bucket of the state's name in another account is not the stack's: nothing is written there.
    for action, resource in (own[0], ("s3:ListBucket", f"arn:aws:s3:::{DEV.bucket}")):
        assert may(deploy, action, resource)
        assert not may(deploy, action, resource, {"aws:ResourceAccount": "999999999999"})


def test_a_stacks_roles_read_the_secret_of_their_own_master_user() -> None:
    """A deploy role gives that to the migration, and lets RDS make the secret; it does not read it."""
    secret = arn("secretsmanager", "secret:rds!db-0badcafe-AbCdEf")
    own = {OF_DATABASE: arn("rds", "db:airflow-dev-database-1a2b3c4")}
    assert may([EVERYTHING], "secretsmanager:GetSecretValue", secret, own, boundary(DEV))
    for kind in KINDS:
        assert not may(identity(DEV, kind), "secretsmanager:GetSecretValue", secret, own), kind
    for action in ("CreateSecret", "TagResource"):
        assert may(identity(DEV, "deploy"), f"secretsmanager:{action}", secret), action


def test_a_preview_reads_no_secret_but_what_its_own_state_holds() -> None:
    """Neither in Secrets Manager nor another state; it changes nothing."""
    preview = identity(DEV, "preview")
    state = f"arn:aws:s3:::{DEV.bucket}/dev/.pulumi/stacks/airflow-ecs/dev.json"
    assert may(preview, "s3:GetObject", state)
    assert not may(preview, "s3:GetObject", state, {"aws:ResourceAccount": "999999999999"})
    assert not may(preview, "s3:PutObject", state)
    assert not may(
        preview,
        "secretsmanager:GetSecretValue",
        arn("secretsmanager", "secret:airflow-dev-fernet-key-1a2b3c4-AbCdEf"),
    )
    # What SecurityAudit, which it had at first, reads: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecurityAudit.html
    for action, resource in (
        ("lambda:GetFunctionConfiguration", arn("lambda", "function:x")),
        ("ec2:DescribeInstanceAttribute", arn("ec2", "instance/i-1")),
        ("cloudformation:GetTemplate", arn("cloudformation", "stack/x/1")),
    ):
        assert not may(preview, action, resource), action


def test_a_named_secret_is_read_by_preview_and_drift() -> None:
    """`bootstrap --secret ARN`: the program reads an existing database's login when it is previewed."""
    login = arn("secretsmanager", "secret:company-login-AbCdEf")
    with_login = stack("dev", secrets=[login])
    for kind in KINDS:
        assert may(identity(with_login, kind), "secretsmanager:GetSecretValue", login), kind
        assert not may(identity(DEV, kind), "secretsmanager:GetSecretValue", login), kind


@pytest.mark.parametrize(
    ("base", "name", "others", "why"),
    [
        ("airflow-ecs", "ecs", [], "as CI's own roles"),
        ("airflow-ecs-prod", "ecs-prod", [], "as CI's own roles"),
        (
            "airflow-prod-eu",
            "prod-eu",
            ["prod"],
            "permissions of prod would cover everything named prod-eu-",
        ),
        ("airflow-prod", "prod", ["prod-eu"], "permissions of prod would cover everything named prod-eu-"),
        ("airflow-pr-7", "pr-7", ["pr"], "permissions of pr would cover everything named pr-7-"),
    ],
)
def test_names_that_collide_are_refused(base: str, name: str, others: list[str], why: str) -> None:
    """Where one stack's names would be the beginning of another's, or of CI's own."""
    found = collision(base, name, others)
    assert found is not None
    assert why in found


def test_names_that_differ_stand_side_by_side() -> None:
    """Also a stack that is set up again, and one whose name begins with another's letters only."""
    assert collision("airflow-prod", "prod", ["pr", "prod", "production"]) is None


def test_state_key_and_roles_end_properly_even_for_names_that_collide() -> None:
    """`prod` reaches none of these of `prod-eu`, whose names begin alike: each pattern ends in a slash."""
    deploy = identity(stack("prod"), "deploy")
    alias = {"kms:ResourceAliases": ["alias/airflow-ecs-prod-eu"]}
    bounded = {"iam:PermissionsBoundary": stack("prod").boundary_arn}
    assert not may(deploy, "s3:GetObject", f"arn:aws:s3:::{DEV.bucket}/prod-eu/.pulumi/meta.yaml")
    assert not may(deploy, "kms:Decrypt", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/2", alias)
    assert not may(deploy, "iam:PutRolePolicy", arn("iam", "role/airflow-ecs/prod-eu/x", ""), bounded)
    assert not may(deploy, "iam:PutRolePolicy", arn("iam", "role/airflow-ecs-prod-eu-deploy", ""), bounded)
