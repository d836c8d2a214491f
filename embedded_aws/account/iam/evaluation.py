"""The order in which IAM judges a request within one account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from . import matching
from .conditions import Value, listed, met
from .errors import UnmodelledError

Document = Mapping[str, Any]
VERSION: Final = "2012-10-17"
_ELEMENTS: Final = {"Action", "Condition", "Effect", "NotAction", "NotResource", "Resource", "Sid"}


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and by what or why not."""

    allowed: bool
    reason: str

    def __bool__(self) -> bool:
        """Tell whether it is allowed."""
        return self.allowed


def decide(
    policies: Sequence[Document],
    boundary: Document | None,
    action: str,
    resource: str,
    context: Mapping[str, Value] | None = None,
) -> Decision:
    """Judge a request of a role.

    Args:
        policies: the role's identity policies, inline and attached.
        boundary: the role's permissions boundary; None: it has none.
        action: such as `s3:GetObject`.
        resource: its ARN; `*` for an action that knows no resource.
        context: what the request says by condition key; a key that is not there is absent.

    Raises:
        UnmodelledError: a policy says something that is not known here.
    """
    asked = (action, resource, context or {})
    limits = [] if boundary is None else [boundary]
    # All statements are judged first, so that an unknown element is seen wherever it stands.
    verdicts = [_effects(document, *asked) for document in (*policies, *limits)]
    if any("Deny" in effects for effects in verdicts):
        return Decision(allowed=False, reason="explicit deny")
    if not any("Allow" in effects for effects in verdicts[: len(policies)]):
        return Decision(allowed=False, reason="no identity policy allows it")
    if boundary is not None and "Allow" not in verdicts[-1]:
        return Decision(allowed=False, reason="the permissions boundary does not allow it")
    return Decision(allowed=True, reason="allowed")


def _effects(document: Document, action: str, resource: str, context: Mapping[str, Value]) -> set[str]:
    """Give the effects of a document's statements that fit a request."""
    return {
        statement["Effect"]
        for statement in _statements(document)
        if all(
            [
                _fits(statement, "Action", matching.action, action),
                _fits(statement, "Resource", matching.resource, resource),
                met(statement.get("Condition", {}), context),
            ]
        )
    }


def _statements(document: Document) -> Iterator[Document]:
    if document.get("Version") != VERSION or set(document) - {"Id", "Statement", "Version"}:
        raise UnmodelledError(f"a policy with {sorted(document)} of version {document.get('Version')}")
    statements = document["Statement"]
    several = cast("Iterable[Document]", statements if isinstance(statements, list) else [statements])
    for statement in several:
        if unknown := set(statement) - _ELEMENTS:
            raise UnmodelledError(f"a statement with {', '.join(sorted(unknown))}")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise UnmodelledError(f"the effect {statement.get('Effect')!r}")
        yield statement


def _fits(statement: Document, element: str, fits: Callable[[str, str], bool], value: str) -> bool:
    """Match an element, or its opposite; exactly one of them must be there."""
    present = [key for key in (element, f"Not{element}") if key in statement]
    if len(present) != 1:
        raise UnmodelledError(f"a statement with {present or 'no ' + element}")
    matches = [fits(pattern, value) for pattern in listed(statement[present[0]])]
    return any(matches) is (present[0] == element)
