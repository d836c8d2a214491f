"""The rules as Pulumi knows them.

https://www.pulumi.com/docs/iac/using-pulumi/crossguard/
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from components.model.rendered import Rendered
from policy.rule import Rule, broken
from policy.rules import ALL, excepted

NAME = "airflow-ecs"


def pack() -> PolicyPack:
    """Make the pack and serve it."""
    return PolicyPack(
        name=NAME, enforcement_level=EnforcementLevel.MANDATORY, policies=[_policy(rule) for rule in ALL]
    )


def _policy(rule: Rule) -> ResourceValidationPolicy | StackValidationPolicy:
    level = EnforcementLevel.DISABLED if rule.name in excepted(hardened=False) else None
    described: dict[str, Any] = {
        "name": rule.name,
        "description": " ".join([rule.says, rule.remedy, *_ids(rule)]),
        "enforcement_level": level,
    }
    if rule.whole_stack:
        return StackValidationPolicy(**described, validate=_of_stack(rule))
    return ResourceValidationPolicy(**described, validate=_of_resource(rule))


def _ids(rule: Rule) -> list[str]:
    return [f"({', '.join(rule.ids)})"] if rule.ids else []


def _of_resource(rule: Rule) -> Any:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        resource = _rendered(args)
        if resource.kind in rule.kinds and (why := broken(rule, resource, [resource])):
            report(f"{args.name}: {why}", None)

    return validate


def _of_stack(rule: Rule) -> Any:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = [_rendered(one) for one in args.resources]
        for resource in stack:
            if resource.kind in rule.kinds and (why := broken(rule, resource, stack)):
                report(f"{resource.name}: {why}", resource.urn)

    return validate


def _rendered(args: Any) -> Rendered:
    return Rendered(
        type=args.resource_type,
        name=args.name,
        inputs=_plain(args.props),
        protect=bool(args.opts.protect),
        urn=args.urn,
    )


def _plain(found: Any) -> Any:
    """Take off the wrapper that raises for values that are not known yet; rules decide about those."""
    if isinstance(found, str | bytes) or not isinstance(found, Mapping | Sequence):
        return found
    inside: Any = found["__target"]  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType]
    if isinstance(inside, dict):
        return {key: _plain(each) for key, each in inside.items()}  # pyright: ignore[reportUnknownVariableType]
    return [_plain(each) for each in inside]  # pyright: ignore[reportUnknownVariableType]
