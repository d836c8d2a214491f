"""Rules for IAM: who may take a role, and what a role may do."""

from typing import Any, Final

from components.model.pricing.rendered import Rendered, document, mapping
from policy.rule import NotKnownError, Rule, Stack

POLICIES: Final = ("iam/RolePolicy", "iam/Policy")
WITHOUT_RESOURCE: Final = frozenset(
    {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "ecs:DescribeTaskDefinition"}
)
"""Actions for which IAM knows no resource type: `*` is all that can be written.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""


def statements(one: Rendered, key: str) -> list[dict[str, Any]]:
    """Read the statements of a document.

    Raises:
        NotKnownError: it is known only after the deployment.
    """
    found = document(one, key)
    if found is None:
        raise NotKnownError(key)
    listed = found["Statement"]
    return listed if isinstance(listed, list) else [listed]  # pyright: ignore[reportUnknownVariableType]


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else list(found or [])


def _wildcard_action(one: Rendered, _: Stack) -> str | None:
    wild = [
        action
        for statement in statements(one, "policy")
        if statement["Effect"] == "Allow"
        for action in _listed(statement.get("Action"))
        if "*" in action
    ]
    inverted = any("NotAction" in statement for statement in statements(one, "policy"))
    return f"it allows {', '.join(wild) or 'all but some actions'}" if wild or inverted else None


def _wildcard_resource(one: Rendered, _: Stack) -> str | None:
    wild = {
        action
        for statement in statements(one, "policy")
        if statement["Effect"] == "Allow" and "*" in _listed(statement.get("Resource"))
        for action in _listed(statement.get("Action"))
    }
    beyond = sorted(wild - WITHOUT_RESOURCE)
    return f"it allows {', '.join(beyond)} on every resource" if beyond else None


def _anybodys_service(one: Rendered, _: Stack) -> str | None:
    for statement in statements(one, "assumeRolePolicy"):
        principal: Any = statement.get("Principal")
        if principal == "*" or "*" in _listed(mapping(principal).get("AWS")):
            return "anybody may take it"
        if "Service" in mapping(principal) and not _for_this_account(statement):
            return f"{principal['Service']} may take it for another account"
        if "Federated" in mapping(principal) and not statement.get("Condition"):
            return f"everybody at {principal['Federated']} may take it"
    return None


def _for_this_account(statement: dict[str, Any]) -> bool:
    keys: set[str] = {key for test in mapping(statement.get("Condition")).values() for key in test}
    return bool(keys & {"aws:SourceAccount", "aws:SourceArn"})


RULES: Final = (
    Rule(
        name="iam-no-wildcard-action",
        kinds=POLICIES,
        ids=("IAM.1", "IAM.21", "CIS 2.14", "CKV_AWS_62", "CKV_AWS_63", "CKV_AWS_286", "CKV_AWS_287"),
        description="A policy names its actions.",
        remedy="List the actions that are used.",
        check=_wildcard_action,
    ),
    Rule(
        name="iam-named-resources",
        kinds=POLICIES,
        ids=("CKV_AWS_288", "CKV_AWS_289", "CKV_AWS_290", "CKV_AWS_355"),
        description="A policy names its resources, wherever IAM allows it.",
        remedy="Name the ARNs.",
        check=_wildcard_resource,
    ),
    Rule(
        name="iam-trust",
        kinds=("iam/Role",),
        ids=("CKV_AWS_60", "CKV_AWS_61"),
        description="A role can be assumed only by a named service for this account.",
        remedy="Add a condition on aws:SourceAccount.",
        check=_anybodys_service,
    ),
)
