"""The evaluator of IAM's rules against sentences and examples of AWS's documentation, one case each.

Not proved: what AWS itself answers, policies of sessions and organizations, and of resources for roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from embedded_aws.account.iam import ResourcePolicy, Service, UnmodelledError, about_caller, decide

GUIDE: Final = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
ORDER: Final = f"{GUIDE}reference_policies_evaluation-logic_policy-eval-denyallow.html"
BOUNDARIES: Final = f"{GUIDE}access_policies_boundaries.html"
ACTION: Final = f"{GUIDE}reference_policies_elements_action.html"
NOT_ACTION: Final = f"{GUIDE}reference_policies_elements_notaction.html"
RESOURCE: Final = f"{GUIDE}reference_policies_elements_resource.html"
NOT_RESOURCE: Final = f"{GUIDE}reference_policies_elements_notresource.html"
OPERATORS: Final = f"{GUIDE}reference_policies_elements_condition_operators.html"
LOGIC: Final = f"{GUIDE}reference_policies_condition-logic-multiple-context-keys-or-values.html"
SETS: Final = f"{GUIDE}reference_policies_condition-single-vs-multi-valued-context-keys.html"
OBJECT: Final = "arn:aws:s3:::state/prod/one.json"
ROLE: Final = "arn:aws:iam::123456789012:role/path/one"


def _policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def _deny(action: Any = "s3:*", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return _allow(action, resource, **more) | {"Effect": "Deny"}


def _if(operator: str, key: str, value: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}}


@dataclass(frozen=True, kw_only=True)
class Case:
    """A request, and what AWS's documentation says of it."""

    outcome: str
    page: str
    policies: list[Any]
    allowed: bool
    boundary: Any = None
    action: str = "s3:GetObject"
    resource: str = OBJECT
    context: Mapping[str, Any] = field(default_factory=dict[str, Any])


PREFIX: Final = _policy(_allow("s3:ListBucket", **_if("StringLike", "s3:prefix", ["prod/*", "prod"])))
TAGGED: Final = _policy(
    _allow(
        "s3:GetObject",
        Condition={"StringEquals": {"aws:ResourceTag/a": ["1", "2"], "aws:ResourceTag/b": "3"}},
    )
)
ALIASES: Final = _policy(
    _allow("kms:*"),
    _deny("kms:*", **_if("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/airflow-ecs-*")),
)
KEY: Final = "arn:aws:kms:us-east-1:123456789012:key/1"
ALL_TAGS: Final = _policy(
    _allow("ec2:CreateTags", **_if("ForAllValues:StringEquals", "aws:TagKeys", ["x", "y"]))
)
VPC: Final = "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-1"
CASES: Final = (
    Case(outcome="by default, all requests are implicitly denied", page=ORDER, policies=[], allowed=False),
    Case(outcome="an allow overrides the default", page=ORDER, policies=[_policy(_allow())], allowed=True),
    Case(
        outcome="an explicit deny overrides any allow, in whichever policy it stands",
        page=ORDER,
        policies=[_policy(_allow()), _policy(_deny("s3:GetObject", OBJECT))],
        allowed=False,
    ),
    Case(
        outcome="a deny of another action does not matter",
        page=ORDER,
        policies=[_policy(_allow(), _deny("s3:PutObject"))],
        allowed=True,
    ),
    Case(
        outcome="a boundary gives no permissions by itself",
        page=BOUNDARIES,
        policies=[],
        boundary=_policy(_allow()),
        allowed=False,
    ),
    Case(
        outcome="with a boundary only what both allow is allowed",
        page=BOUNDARIES,
        policies=[_policy(_allow("*"))],
        boundary=_policy(_allow("ec2:*")),
        allowed=False,
    ),
    Case(
        outcome="what identity and boundary allow is allowed",
        page=BOUNDARIES,
        policies=[_policy(_allow("s3:GetObject"))],
        boundary=_policy(_allow("s3:Get*")),
        allowed=True,
    ),
    Case(
        outcome="an explicit deny in the boundary overrides",
        page=BOUNDARIES,
        policies=[_policy(_allow())],
        boundary=_policy(_allow(), _deny("s3:GetObject")),
        allowed=False,
    ),
    Case(
        outcome="the prefix and the action name are case insensitive",
        page=ACTION,
        policies=[_policy(_allow("S3:getOBJECT"))],
        allowed=True,
    ),
    Case(
        outcome="a wildcard in an action",
        page=ACTION,
        policies=[_policy(_allow("iam:*AccessKey*"))],
        action="iam:CreateAccessKey",
        resource="arn:aws:iam::123456789012:user/one",
        allowed=True,
    ),
    Case(
        outcome="NotAction with Allow leaves the named service out",
        page=NOT_ACTION,
        policies=[_policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
        action="iam:CreateRole",
        resource=ROLE,
        allowed=False,
    ),
    Case(
        outcome="NotAction with Allow gives all other services",
        page=NOT_ACTION,
        policies=[_policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})],
        allowed=True,
    ),
    Case(
        outcome="`*` in a resource stands for any characters within its part, slashes too",
        page=RESOURCE,
        policies=[_policy(_allow(resource="arn:aws:s3:::state/*"))],
        allowed=True,
    ),
    Case(
        outcome="`?` is exactly one character",
        page=RESOURCE,
        policies=[_policy(_allow(resource="arn:aws:s3:::state/pro?"))],
        allowed=False,
    ),
    Case(
        outcome="the case of a resource counts",
        page=RESOURCE,
        policies=[_policy(_allow(resource="arn:aws:s3:::state/Prod/*"))],
        allowed=False,
    ),
    Case(
        outcome="an action without resource types needs * as its resource",
        page=RESOURCE,
        policies=[_policy(_allow("ecr:GetAuthorizationToken", "arn:aws:ecr:*:*:repository/*"))],
        action="ecr:GetAuthorizationToken",
        resource="*",
        allowed=False,
    ),
    Case(
        outcome="NotResource with Deny refuses all but the named",
        page=NOT_RESOURCE,
        policies=[
            _policy(_allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::state/dev/*"})
        ],
        allowed=False,
    ),
    Case(
        outcome="NotResource with Deny spares the named",
        page=NOT_RESOURCE,
        policies=[
            _policy(
                _allow(), {"Effect": "Deny", "Action": "s3:*", "NotResource": "arn:aws:s3:::state/prod/*"}
            )
        ],
        allowed=True,
    ),
    Case(
        outcome="several values of a key are joined by OR",
        page=LOGIC,
        policies=[PREFIX],
        action="s3:ListBucket",
        resource="arn:aws:s3:::state",
        context={"s3:prefix": "prod/.pulumi/"},
        allowed=True,
    ),
    Case(
        outcome="a key that is not in the request does not match",
        page=OPERATORS,
        policies=[PREFIX],
        action="s3:ListBucket",
        resource="arn:aws:s3:::state",
        allowed=False,
    ),
    Case(
        outcome="several keys are joined by AND",
        page=LOGIC,
        policies=[TAGGED],
        context={"aws:ResourceTag/a": "2"},
        allowed=False,
    ),
    Case(
        outcome="context key names are not case-sensitive, values of StringEquals are",
        page=OPERATORS,
        policies=[TAGGED],
        context={"AWS:resourcetag/A": "1", "aws:ResourceTag/b": "3"},
        allowed=True,
    ),
    Case(
        outcome="StringEquals knows no wildcard",
        page=OPERATORS,
        policies=[_policy(_allow(**_if("StringEquals", "aws:ResourceTag/a", "pro*")))],
        context={"aws:ResourceTag/a": "prod"},
        allowed=False,
    ),
    Case(
        outcome="a negated operator matches a key that is not there",
        page=OPERATORS,
        policies=[
            _policy(_allow("iam:*"), _deny("iam:*", **_if("StringNotEquals", "iam:PermissionsBoundary", "b")))
        ],
        action="iam:CreateRole",
        resource=ROLE,
        allowed=False,
    ),
    Case(
        outcome="values of a negated operator are joined by NOR",
        page=LOGIC,
        policies=[_policy(_allow(**_if("StringNotEquals", "aws:ResourceTag/a", ["1", "2"])))],
        context={"aws:ResourceTag/a": "2"},
        allowed=False,
    ),
    Case(
        outcome="IfExists is true where the key is not there",
        page=OPERATORS,
        policies=[_policy(_allow(**_if("StringEqualsIfExists", "aws:ResourceTag/a", "1")))],
        allowed=True,
    ),
    Case(
        outcome="Null true: the key must not be there",
        page=OPERATORS,
        policies=[_policy(_allow(**_if("Null", "aws:ResourceTag/a", "true")))],
        context={"aws:ResourceTag/a": "1"},
        allowed=False,
    ),
    Case(
        outcome="Null false: the key must be there",
        page=OPERATORS,
        policies=[_policy(_allow(**_if("Null", "aws:ResourceTag/a", "false")))],
        context={"aws:ResourceTag/a": "1"},
        allowed=True,
    ),
    Case(
        outcome="Bool: an object over plain HTTP is refused",
        page=OPERATORS,
        policies=[_policy(_allow(), _deny(**_if("Bool", "aws:SecureTransport", "false")))],
        context={"aws:SecureTransport": "false"},
        allowed=False,
    ),
    Case(
        outcome="each of the six parts of an ARN is checked by itself",
        page=OPERATORS,
        policies=[_policy(_allow(**_if("ArnLike", "aws:SourceArn", "arn:aws:ecs:*:123456789012:*")))],
        context={"aws:SourceArn": "arn:aws:ecs:us-east-1:210987654321:x:123456789012:y"},
        allowed=False,
    ),
    Case(
        outcome="ForAnyValue: one of the request's values is enough",
        page=SETS,
        policies=[ALIASES],
        action="kms:Decrypt",
        resource=KEY,
        context={"kms:ResourceAliases": ["alias/other", "alias/airflow-ecs-prod"]},
        allowed=False,
    ),
    Case(
        outcome="ForAnyValue is false where the key is not there",
        page=SETS,
        policies=[ALIASES],
        action="kms:Decrypt",
        resource=KEY,
        allowed=True,
    ),
    Case(
        outcome="ForAllValues: each of the request's values must match",
        page=SETS,
        policies=[ALL_TAGS],
        action="ec2:CreateTags",
        resource=VPC,
        context={"aws:TagKeys": ["x", "z"]},
        allowed=False,
    ),
    Case(
        outcome="ForAllValues is true where the key is not there",
        page=SETS,
        policies=[ALL_TAGS],
        action="ec2:CreateTags",
        resource=VPC,
        allowed=True,
    ),
)


def _marked(case: Case) -> Any:
    sentence = f"{case.outcome[0].upper()}{case.outcome[1:]}."
    marker = pytest.mark.conformance(operation="evaluation:policies", says=sentence, source=case.page)
    return pytest.param(case, id=case.outcome, marks=marker)


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
def test_a_request_is_evaluated_as_aws_documents(case: Case) -> None:
    """See the case's page."""
    found = decide(case.policies, case.boundary, case.action, case.resource, case.context)
    assert found.allowed is case.allowed, f"{case.page}: {found.reason}"


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (_allow(**_if("DateLessThan", "aws:ResourceTag/a", "2027-01-01")), "the operator DateLessThan"),
        (_allow(**_if("StringEquals", "aws:NoSuchKey", "1")), "the condition key aws:NoSuchKey"),
        (_allow(resource="arn:aws:s3:::${aws:username}/*"), "the policy variable"),
        (_allow(resource="arn:aws:s3"), "is not an ARN"),
        (_allow("*:GetObject"), "the action"),
        (_allow(Principal="*"), "a statement with Principal"),
        (_allow() | {"Effect": "allow"}, "the effect 'allow'"),
        ({"Effect": "Allow", "Action": "s3:*"}, "no Resource"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_is_not_known_is_an_error(statement: dict[str, Any], why: str) -> None:
    """Also where another statement would have allowed or refused the request already."""
    for first in (_allow("*"), _deny("*")):
        with pytest.raises(UnmodelledError, match=why):
            decide([_policy(first, statement)], None, "s3:GetObject", OBJECT)


@pytest.mark.parametrize(
    ("principal", "allowed"),
    [
        ({"Service": "logs.us-east-1.amazonaws.com"}, True),
        ({"Service": ["rds.amazonaws.com", "logs.us-east-1.amazonaws.com"]}, True),
        ("*", True),
        ({"AWS": "*"}, True),
        ({"Service": "logs.eu-west-1.amazonaws.com"}, False),
        ({"Service": "logs.amazonaws.com"}, False),
        ({"Service": "*.amazonaws.com"}, False),
        ({"AWS": "arn:aws:iam::123456789012:root"}, False),
    ],
    ids=str,
)
def test_a_service_may_do_what_the_resource_allows_its_principal(principal: Any, *, allowed: bool) -> None:
    """By its whole name: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html."""
    service = Service("logs.us-east-1.amazonaws.com")

    def decided(*statements: Mapping[str, Any]) -> bool:
        policy = ResourcePolicy(_policy(*statements), service, decides=True)
        return decide([], None, "kms:Decrypt", KEY, attached=policy).allowed

    given = _allow("kms:*", Principal=principal)
    assert decided(given) is allowed
    assert not decided(given, _deny("kms:Decrypt", Principal="*"))
    about = about_caller(ResourcePolicy(_policy(given), service)).document
    assert about["Statement"] == ([given] if allowed else [])


def test_several_values_need_a_set_operator() -> None:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html."""
    policy = _policy(_allow("kms:*", **_if("StringLike", "kms:ResourceAliases", "alias/*")))
    with pytest.raises(UnmodelledError, match="needs ForAnyValue or ForAllValues"):
        decide([policy], None, "kms:Decrypt", KEY, {"kms:ResourceAliases": ["alias/one"]})


def test_an_older_policy_language_is_an_error() -> None:
    """2008-10-17 treats variables otherwise."""
    with pytest.raises(UnmodelledError, match="version"):
        decide([{"Version": "2008-10-17", "Statement": [_allow()]}], None, "s3:GetObject", OBJECT)
