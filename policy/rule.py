"""What a rule is, and how a stack is checked by rules."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.model.rendered import Rendered, known, mapping

Stack = Sequence[Rendered]
Check = Callable[[Rendered, Stack], str | None]
"""Says why a resource breaks a rule, or None; the second argument is everything in the stack."""


class NotKnownError(Exception):
    """A value that a rule rests on is known only after the deployment."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One control.

    Attributes:
        name: unique, in kebab case; begins with the service.
        kinds: kinds of resources that it checks, such as `rds/Instance`.
        ids: controls of Security Hub (`RDS.3`), Control Tower (`CT.ECS.PR.3`), CIS AWS Foundations 7.0
            (`CIS 3.2.1`) and checkov (`CKV_AWS_16`) that it stands for; empty for a rule of our own.
        description: what must hold, as one sentence.
        remedy: what to do where it does not.
        check: finds what is wrong.
        whole_stack: whether it looks at other resources too.
    """

    name: str
    kinds: tuple[str, ...]
    ids: tuple[str, ...]
    description: str
    remedy: str
    check: Check
    whole_stack: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A resource that breaks a rule."""

    rule: Rule
    resource: Rendered
    why: str


def findings(rules: Iterable[Rule], stack: Stack) -> Iterator[Finding]:
    """Check a stack; what is known only after the deployment is not checked."""
    for rule in rules:
        for resource in stack:
            if resource.kind in rule.kinds and (why := broken(rule, resource, stack)):
                yield Finding(rule=rule, resource=resource, why=why)


def broken(rule: Rule, resource: Rendered, stack: Stack) -> str | None:
    """Say why a resource breaks a rule, or None where it holds or cannot be told yet."""
    try:
        return rule.check(resource, stack)
    except NotKnownError:
        return None


def value(one: Rendered, path: str) -> Any:
    """Read an input by its path, such as `healthCheck.path`; None where it is not set.

    Raises:
        NotKnownError: it is known only after the deployment.
    """
    found: Any = one.inputs
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if isinstance(found, str) and not known(found):
            raise NotKnownError(path)
    return found  # pyright: ignore[reportUnknownVariableType]


def table(one: Rendered, path: str) -> dict[str, Any]:
    """Read a nested input; empty where it is not set.

    Raises:
        NotKnownError: it is known only after the deployment.
    """
    return mapping(value(one, path))


def must_be(path: str, *allowed: Any) -> Check:
    """Require an input to have one of these values; None allows it to be unset."""

    def check(one: Rendered, _: Stack) -> str | None:
        found = value(one, path)
        return (
            None
            if found in allowed
            else f"{path} is {_shown(found)}, not {' or '.join(map(_shown, allowed))}"
        )

    return check


def must_be_set(path: str) -> Check:
    """Require an input to have any value; one that is known only later counts."""

    def check(one: Rendered, _: Stack) -> str | None:
        try:
            found = value(one, path)
        except NotKnownError:
            return None
        return None if found else f"{path} is not set"

    return check


def must_be_at_least(path: str, least: float) -> Check:
    """Require a number."""

    def check(one: Rendered, _: Stack) -> str | None:
        found = value(one, path)
        return None if (found or 0) >= least else f"{path} is {_shown(found)}, less than {least:g}"

    return check


def needs(kind: str, what: str) -> Check:
    """Require another resource of the same logical name, which is how this program pairs them."""

    def check(one: Rendered, stack: Stack) -> str | None:
        if any(other.kind == kind and other.name == one.name for other in stack):
            return None
        return f"there is no {what} for it ({kind} of the same name)"

    return check


def refuses_without_tls(policy: Mapping[str, Any], actions: str) -> Iterator[Mapping[str, Any]]:
    """Give the statements of a policy that refuse everybody all of a service's actions without TLS."""
    for statement in policy["Statement"]:
        secure = mapping(mapping(statement.get("Condition")).get("Bool")).get("aws:SecureTransport")
        everybody = statement.get("Principal") in ("*", {"AWS": "*"})
        denies = statement["Effect"] == "Deny" and statement["Action"] in (actions, [actions])
        if denies and everybody and str(secure).lower() == "false":
            yield statement


def _shown(found: Any) -> str:
    if found is None:
        return "unset"
    if isinstance(found, float):
        return f"{found:g}"  # Pulumi's wire format knows no whole numbers
    return str(found).lower() if isinstance(found, bool) else str(found)
