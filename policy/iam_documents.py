"""IAM documents as rules read them: statements, who they name, and what their conditions limit."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from components.model.rendered import Rendered, document, listed, mapping
from policy.rule import NotKnownError, value

WILDCARDS: Final = frozenset("*?")
_LIMITING: Final = {"stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"}
"""Operators that let only the named values through, and none where the key is absent."""
_ACCOUNTS_ARN: Final = re.compile(r"arn:[^:*?]+:[^:]+:[^:]*:\d{12}:.+")


def statements(one: Rendered, key: str) -> list[dict[str, Any]]:
    """Read the statements of a document.

    Raises:
        NotKnownError: it is known only after the deployment.
    """
    found = document(one, key)
    if found is None:
        raise NotKnownError(key)
    return _listed(found["Statement"])


def permissions(one: Rendered) -> list[dict[str, Any]]:
    """Read the statements by which a policy, or a role's inline policies, allow anything.

    Raises:
        NotKnownError: as in `statements`.
    """
    if one.kind != "iam/Role":
        found = statements(one, "policy")
    else:
        inline = [each.get("policy") or "{}" for each in listed(value(one, "inlinePolicies"))]
        found = [each for content in inline for each in _listed(json.loads(content).get("Statement", []))]
    return [each for each in found if each["Effect"] == "Allow"]


def strings(found: Any) -> list[str]:
    """Take one or several as a list."""
    return [found] if isinstance(found, str) else list(found or [])


def principals(statement: Mapping[str, Any]) -> dict[str, list[str]]:
    """Read who a statement is about, by kind: `AWS`, `Service`, `Federated`, `CanonicalUser`."""
    found = statement.get("Principal")
    return (
        {"AWS": ["*"]} if found == "*" else {kind: strings(names) for kind, names in mapping(found).items()}
    )


def names_nothing(resource: str) -> bool:
    """Return whether an ARN has only wildcards where the resource's name is, as in `secret:*` or `role/*`."""
    parts = resource.split(":", 5)
    name = parts[-1]
    if parts[2:3] != ["s3"]:  # S3's have no type in front
        name = re.sub(r"^[\w*?-]+[/:](?=.)", "", name)
    return not set(name) - WILDCARDS - set("/:")


def limited(statement: Mapping[str, Any], keys: Iterable[str]) -> bool:
    """Return whether a condition demands a fixed value of one of these keys.

    A negation, a condition that also holds without the key, and a value such as `*` demand none.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
    """
    wanted = {key.lower() for key in keys}
    return any(
        operator.lower() in _LIMITING
        and key.lower() in wanted
        and bool(values := strings(found))
        and all(_fixed(each) for each in values)
        for operator, tests in mapping(statement.get("Condition")).items()
        for key, found in tests.items()
    )


def condition_keys(statement: Mapping[str, Any]) -> list[str]:
    """List the keys of a statement's conditions."""
    return [key for tests in mapping(statement.get("Condition")).values() for key in tests]


def _fixed(found: str) -> bool:
    return bool(found) and (not WILDCARDS & set(found) or _ACCOUNTS_ARN.fullmatch(found) is not None)


def _listed(found: Any) -> list[dict[str, Any]]:
    return found if isinstance(found, list) else [found]  # pyright: ignore[reportUnknownVariableType]
