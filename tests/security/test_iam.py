"""Every IAM document that the program renders, against AWS's own list of actions (policy-sentry).

The ARNs here are made up by the mocks, so that an action fits its resource's type is seen only on an engine.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest
from policy_sentry.querying.actions import get_action_data
from program import costs
from rendering import stack

from policy.identity import WITHOUT_RESOURCE

VARIANTS: Final = {
    "dev": ("dev", {}),
    "prod": ("prod", {}),
    "local": ("local", {}),
    "flower": ("dev", costs.CELERY | {"flowerCount": "1"}),
}
NEVER: Final = ("Permissions management", "Tagging")
"""Access levels that no role of Airflow needs."""


def _statements(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    base, settings = VARIANTS[name]
    resources = stack(base) if not settings else stack(base, **settings)
    for one in resources:
        if one.kind in ("iam/RolePolicy", "iam/Policy"):
            for statement in json.loads(str(one.inputs["policy"]))["Statement"]:
                yield one.name, statement


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else found


def _known(action: str) -> list[dict[str, Any]]:
    service, name = action.split(":")
    data: Any = get_action_data(service, name)
    return data[service] if data else []


@pytest.mark.parametrize("name", VARIANTS)
def test_every_action_exists_and_is_named(name: str) -> None:
    """No wildcard, no misspelling: AWS takes both in silence."""
    wrong = [
        (role, action)
        for role, statement in _statements(name)
        for action in _listed(statement["Action"])
        if "*" in action or not _known(action)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", VARIANTS)
def test_every_resource_is_named_wherever_aws_allows_it(name: str) -> None:
    """`*` stands only with actions for which IAM knows no resource type, and those are listed by name."""
    for role, statement in _statements(name):
        if "*" in _listed(statement["Resource"]):
            for action in _listed(statement["Action"]):
                assert action in WITHOUT_RESOURCE, (role, action)


@pytest.mark.parametrize("action", sorted(WITHOUT_RESOURCE))
def test_what_is_listed_without_resources_has_none(action: str) -> None:
    """AWS's list knows no ARN for it."""
    assert {one["resource_arn_format"] for one in _known(action)} == {"*"}


@pytest.mark.parametrize("name", VARIANTS)
def test_no_role_can_change_rights(name: str) -> None:
    """Neither its own nor others': no action of that access level."""
    levels = {
        (role, action, one["access_level"])
        for role, statement in _statements(name)
        for action in _listed(statement["Action"])
        for one in _known(action)
    }
    assert levels
    assert [one for one in levels if one[2] in NEVER] == []


def test_a_misspelt_action_would_be_found() -> None:
    """The list is there and complete enough to tell."""
    assert not _known("s3:GetObjec")
    assert _known("s3:GetObject")
