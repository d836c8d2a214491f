"""Rules for IAM: who may take a role, what a role may do, and who may use a resource."""

import re
from typing import Any, Final

from components.model.rendered import Rendered, mapping
from policy.iam_documents import (
    WILDCARDS,
    condition_keys,
    limited,
    names_nothing,
    permissions,
    principals,
    statements,
    strings,
)
from policy.rule import Rule, Stack, value

POLICIES: Final = ("iam/RolePolicy", "iam/Policy", "iam/Role", "iam/UserPolicy", "iam/GroupPolicy")
ATTACHMENTS: Final = (
    *("iam/RolePolicyAttachment", "iam/PolicyAttachment", "iam/Role"),
    *("iam/UserPolicyAttachment", "iam/GroupPolicyAttachment"),
)
RESOURCE_POLICIES: Final = (
    *("kms/Key", "kms/KeyPolicy", "s3/BucketPolicy", "ecr/RepositoryPolicy", "ecr/RegistryPolicy"),
    *(
        "cloudwatch/LogResourcePolicy",
        "secretsmanager/SecretPolicy",
        "sqs/QueuePolicy",
        "sns/TopicPolicy",
        "efs/FileSystemPolicy",
    ),
)
WITHOUT_RESOURCE: Final = frozenset(
    {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "ecs:DescribeTaskDefinition"}
)
"""Actions for which IAM knows no resource type: `*` is all that can be written.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""
LISTS_GROUPS: Final = "logs:DescribeLogGroups"
"""Finds a group among all; flow logs need it: https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html"""
SOURCE: Final = ("aws:SourceAccount", "aws:SourceArn")
KNOWN_CALLERS: Final = (
    *(*SOURCE, "aws:SourceOwner", "aws:SourceVpc", "aws:SourceVpce", "aws:SourceIp", "kms:CallerAccount"),
    *("aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalOrgID"),
)
"""https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
"The meaning of 'public'"."""
OF_AWS: Final = re.compile(r"arn:aws[a-z-]*:iam::aws:policy/(?!service-role/)(.+)")
CHANGES_PERMISSIONS: Final = re.compile(r"iam:(?!Get|List|Simulate|Generate|PassRole$)", re.IGNORECASE)


def _wildcard_action(one: Rendered, _: Stack) -> str | None:
    found = permissions(one)
    wild = [
        action
        for statement in found
        for action in strings(statement.get("Action"))
        if WILDCARDS & set(action)
    ]
    inverted = any("NotAction" in statement for statement in found)
    return f"it allows {', '.join(wild) or 'all but some actions'}" if wild or inverted else None


def _wildcard_resource(one: Rendered, _: Stack) -> str | None:
    for statement in permissions(one):
        if "NotResource" in statement:
            return f"it allows {_actions(statement)} on all but some resources"
        wild = [each for each in strings(statement.get("Resource")) if names_nothing(each)]
        beyond = {*strings(statement.get("Action"))} - WITHOUT_RESOURCE - {LISTS_GROUPS}
        if wild and beyond and not _decrypts_what_is_named(statement):
            return f"it allows {', '.join(sorted(beyond))} on {wild[0]}"
    return None


def _decrypts_what_is_named(statement: dict[str, Any]) -> bool:
    """Return whether it decrypts one thing, named by the encryption context, under whatever key.

    https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """
    if strings(statement.get("Action")) != ["kms:Decrypt"]:
        return False
    named = [key for key in condition_keys(statement) if key.lower().startswith("kms:encryptioncontext:")]
    tests = mapping(statement.get("Condition")).values()
    values = [each for test in tests for key in named for each in strings(test.get(key))]
    return limited(statement, named) and not any(map(names_nothing, values))


def _changes_permissions(one: Rendered, _: Stack) -> str | None:
    for statement in permissions(one):
        for action in strings(statement.get("Action")):
            if CHANGES_PERMISSIONS.match(action):
                return f"it allows {action}, and with it every other action"
            if action.lower() == "iam:passrole" and "iam:PassedToService" not in condition_keys(statement):
                return "it passes a role to any service"
    return None


def _of_aws(one: Rendered, _: Stack) -> str | None:
    attached = [*strings(value(one, "policyArn")), *strings(value(one, "managedPolicyArns"))]
    names = [match[1] for arn in attached if (match := OF_AWS.fullmatch(arn))]
    return f"it has {', '.join(names)}, on every resource of the account" if names else None


def _anybodys_role(one: Rendered, _: Stack) -> str | None:
    for statement in statements(one, "assumeRolePolicy"):
        if statement["Effect"] != "Allow":
            continue
        named = principals(statement)
        if "*" in named.get("AWS", []) or not named:
            return "anybody may take it"
        if "Service" in named and not limited(statement, SOURCE):
            return f"{', '.join(named['Service'])} may take it for another account"
        subjects = [key for key in condition_keys(statement) if key.lower().endswith((":sub", ":aud"))]
        if "Federated" in named and not limited(statement, subjects):
            return f"everybody at {', '.join(named['Federated'])} may take it"
        if others := [each for kind in ("AWS", "CanonicalUser") for each in named.get(kind, [])]:
            return f"{', '.join(others)} may take it, who is no service"
    return None


def _public(one: Rendered, _: Stack) -> str | None:
    key = "policyDocument" if "policyDocument" in one.inputs else "policy"
    if not one.inputs.get(key):
        return None  # a key without a policy has AWS's default: the account's IAM policies decide
    for statement in statements(one, key):
        if statement["Effect"] != "Allow":
            continue
        everybody = "NotPrincipal" in statement or "*" in principals(statement).get("AWS", [])
        if everybody and not limited(statement, KNOWN_CALLERS):
            return f"anybody may {_actions(statement)}"
    return None


def _actions(statement: dict[str, Any]) -> str:
    return ", ".join(strings(statement.get("Action"))) or "all but some actions"


RULES: Final = (
    Rule(
        name="iam-no-wildcard-action",
        kinds=POLICIES,
        ids=("IAM.1", "IAM.21", "CIS 2.14", "CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_287"),
        description="A policy names its actions.",
        remedy="List the actions that are used.",
        check=_wildcard_action,
    ),
    Rule(
        name="iam-named-resources",
        kinds=POLICIES,
        ids=("CKV_AWS_288", "CKV_AWS_290", "CKV_AWS_355"),
        description="A policy names its resources, wherever IAM allows it.",
        remedy="Name the ARNs.",
        check=_wildcard_resource,
    ),
    Rule(
        name="iam-no-escalation",
        kinds=POLICIES,
        ids=("CKV_AWS_286", "CKV_AWS_289"),
        description="A role cannot change permissions, and passes roles to a named service only.",
        remedy="Remove the action, or add a condition on iam:PassedToService.",
        check=_changes_permissions,
    ),
    Rule(
        name="iam-no-broad-managed-policy",
        kinds=ATTACHMENTS,
        ids=("CKV_AWS_274", "CKV2_AWS_56"),
        description="Of AWS's managed policies only those for a service's role (service-role/) are attached; "
        "others allow every resource.",
        remedy="Write a policy with the actions and resources that are used.",
        check=_of_aws,
    ),
    Rule(
        name="iam-trust",
        kinds=("iam/Role",),
        ids=("CKV_AWS_60", "CKV_AWS_61"),
        description="A role can be assumed only by a named service for this account.",
        remedy="Name the service, and the account in a StringEquals condition on aws:SourceAccount.",
        check=_anybodys_role,
    ),
    Rule(
        name="iam-resource-policy-not-public",
        kinds=RESOURCE_POLICIES,
        ids=("CKV_AWS_32", "CKV_AWS_33", "CKV_AWS_70", "CKV_AWS_168", "CKV_AWS_169"),
        description="A key, bucket, repository, secret, queue, topic or log is for named principals only.",
        remedy="Name the principal, or its account, organization or VPC in a condition.",
        check=_public,
    ),
)
