"""The order in which IAM evaluates a request within one account.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Any, Final, cast

from . import matching
from .conditions import Value, listed, met
from .errors import UnmodelledError
from .resource_policies import ResourcePolicy, named

Document = Mapping[str, Any]
VERSION: Final = "2012-10-17"
_ELEMENTS: Final = {"Action", "Condition", "Effect", "NotAction", "NotResource", "Resource", "Sid"}
_IDENTITY: Final = "an identity-based policy"
_BOUNDARY: Final = "a permissions boundary"
_RESOURCE: Final = "a resource-based policy"


@dataclass(frozen=True)
class Decision:
    """Whether a request is allowed, and by what or why not."""

    allowed: bool
    reason: str
    policy: str = ""
    """The kind of policy that refuses it, as AWS's messages name it."""

    def __bool__(self) -> bool:
        """Tell whether it is allowed."""
        return self.allowed


def decide(
    policies: Sequence[Document],
    boundary: Document | None,
    action: str,
    resource: str,
    context: Mapping[str, Value] | None = None,
    *,
    attached: ResourcePolicy | None = None,
) -> Decision:
    """Evaluate a request of a role, or of a service, which has no policies but the resource's.

    Args:
        policies: the role's identity policies, inline and attached.
        boundary: the role's permissions boundary; None: it has none.
        action: such as `s3:GetObject`.
        resource: its ARN; `*` for an action that knows no resource.
        context: what the request says by condition key; a key that is not there is absent.
        attached: the policy of the resource itself, in the caller's account; None: it has none.

    Raises:
        UnmodelledError: a policy says something that is not known here.
    """
    asked = (action, resource, context or {})
    # All statements are evaluated first, so that an unknown element is seen wherever it stands.
    identity = {effect for document in policies for effect in _effects(document, *asked)}
    limit = {"Allow"} if boundary is None else _effects(boundary, *asked)
    own = {} if attached is None else _effects_for(attached, *asked)
    for kind, effects in ((_IDENTITY, identity), (_BOUNDARY, limit), (_RESOURCE, own)):
        if "Deny" in effects:
            return Decision(allowed=False, reason="explicit deny", policy=kind)
    given = own.get("Allow", set[str]())
    if attached is not None and attached.decides and not given:
        return Decision(allowed=False, reason="the resource's policy does not allow it", policy=_RESOURCE)
    if "Allow" not in identity and not given & {"role", "service", "session"}:
        return Decision(allowed=False, reason="no identity policy allows it", policy=_IDENTITY)
    if "Allow" not in limit and "session" not in given:
        return Decision(allowed=False, reason="the permissions boundary does not allow it", policy=_BOUNDARY)
    return Decision(allowed=True, reason="allowed")


def about_caller(policy: ResourcePolicy) -> ResourcePolicy:
    """Leave out the statements about others, whose conditions may be on keys that only their calls have."""
    statements = [one for one in _all(policy.document) if named(one, policy.caller)]
    return replace(policy, document={**policy.document, "Statement": statements})


def condition_keys(documents: Iterable[Document], action: str) -> set[str]:
    """List, in lower case, the condition keys of all statements on an action."""
    return {
        key.lower()
        for document in documents
        for statement in _all(document)
        if _fits(statement, "Action", matching.action, action)
        for keys in statement.get("Condition", {}).values()
        for key in keys
    }


def _effects(document: Document, action: str, resource: str, context: Mapping[str, Value]) -> set[str]:
    """Give the effects of a document's statements that fit a request."""
    return {
        statement["Effect"]
        for statement in _statements(document)
        if _concerns(statement, action, resource, context)
    }


def _effects_for(
    attached: ResourcePolicy, action: str, resource: str, context: Mapping[str, Value]
) -> dict[str, set[str]]:
    """Give by effect how the fitting statements of a resource's policy name the caller."""
    found: dict[str, set[str]] = {}
    for statement in _statements(attached.document, {"Principal"}):
        name = named(statement, attached.caller)
        if _concerns(statement, action, resource, context) and name:
            found.setdefault(statement["Effect"], set()).add(name)
    return found


def _concerns(statement: Document, action: str, resource: str, context: Mapping[str, Value]) -> bool:
    """Tell whether action, resource and conditions fit; a role's trust policy names no resource."""
    return all(
        [
            _fits(statement, "Action", matching.action, action),
            (action == "sts:AssumeRole" and "Principal" in statement)
            or _fits(statement, "Resource", matching.resource, resource),
            met(statement.get("Condition", {}), context),
        ]
    )


def _all(document: Document) -> list[Document]:
    statements = document["Statement"]
    return cast("list[Document]", statements if isinstance(statements, list) else [statements])


def _statements(document: Document, more: AbstractSet[str] = frozenset()) -> Iterator[Document]:
    if document.get("Version") != VERSION or set(document) - {"Id", "Statement", "Version"}:
        raise UnmodelledError(f"a policy with {sorted(document)} of version {document.get('Version')}")
    for statement in _all(document):
        if unknown := set(statement) - _ELEMENTS - more:
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
