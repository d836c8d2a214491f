"""The rules as Pulumi knows them, as strict as the stack's own settings say.

https://www.pulumi.com/docs/iac/using-pulumi/crossguard/
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

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
from components.model.settings.configuration import of_project, read
from components.model.settings.policy_settings import Enforcement, PolicySettings
from policy.rule import Rule, broken
from policy.rules import ALL, excepted

NAME: Final = "airflow-ecs"


def pack(environment: Mapping[str, str]) -> PolicyPack:
    """Make the pack and serve it; `environment` is what the engine started it with."""
    settings = policy_settings(environment)
    return PolicyPack(name=NAME, policies=[_policy(rule, level(rule, settings)) for rule in ALL])


def policy_settings(environment: Mapping[str, str]) -> PolicySettings:
    """Read how strict the stack wants the rules; they bind outside of any stack, as when a pack is published.

    The engine passes the stack's configuration to a pack:
    https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/go/common/resource/plugin/analyzer_plugin.go
    """
    if "PULUMI_STACK" not in environment:
        return PolicySettings(enforcement=Enforcement.MANDATORY)
    configuration: dict[str, str] = json.loads(environment.get("PULUMI_CONFIG") or "{}")
    return read(of_project(environment.get("PULUMI_PROJECT", ""), configuration)).policy


def level(rule: Rule, settings: PolicySettings) -> EnforcementLevel:
    """Give what a violation of a rule does."""
    if rule.name in excepted(hardened=settings.hardened):
        return EnforcementLevel.DISABLED
    return EnforcementLevel(settings.enforcement.value)


def described(rule: Rule) -> str:
    """What must hold, what to do, which controls ask for it."""
    return " ".join([rule.description, rule.remedy, *([f"({', '.join(rule.ids)})"] if rule.ids else [])])


def _policy(rule: Rule, level: EnforcementLevel) -> ResourceValidationPolicy | StackValidationPolicy:
    common: dict[str, Any] = {
        "name": rule.name,
        "description": described(rule),
        "enforcement_level": level,
    }
    if rule.whole_stack:
        return StackValidationPolicy(**common, validate=_of_stack(rule))
    return ResourceValidationPolicy(**common, validate=_of_resource(rule))


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
