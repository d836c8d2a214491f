"""What changes: the state to propose to the provider, and the comparison of its plan with the state there is."""

from __future__ import annotations

import json
from typing import Any

from local.engine.bridge.schema import Collection, Field, Object, Primitive, Type
from local.engine.bridge.tfplugin import UNKNOWN


def proposed(type_: Object, prior: Any, config: Any) -> Any:
    """Return the configuration, with what the provider computed before where it is silent.

    Source: https://github.com/hashicorp/terraform/blob/v1.9.8/internal/plans/objchange/objchange.go
    """
    if config is UNKNOWN or config is None:
        return config
    prior = prior if isinstance(prior, dict) else {}
    return {
        name: _proposed_field(field, prior.get(name), config.get(name))
        for name, field in type_.fields.items()
    }


def _proposed_field(field: Field, prior: Any, config: Any) -> Any:
    if field.write_only:
        return None
    if not field.block:
        return prior if config is None and field.computed else config
    if config is UNKNOWN or config is None:
        return config
    if isinstance(field.type, Object):
        return proposed(field.type, prior, config)
    if not isinstance(field.type, Collection) or not isinstance(field.type.element, Object):
        raise TypeError(f"block {field.name} has type {field.type}")
    element = field.type.element
    if field.type.kind == "map":
        return {key: proposed(element, (prior or {}).get(key), item) for key, item in config.items()}
    if field.type.kind == "set":
        return [proposed(element, _counterpart(element, item, prior or []), item) for item in config]
    before = [*(prior or []), *[None] * len(config)]
    return [proposed(element, before[index], item) for index, item in enumerate(config)]


def _counterpart(type_: Object, config: Any, candidates: list[Any]) -> Any:
    """Return the element of a set that the configuration means: alike in all that it says."""

    def alike(candidate: Any) -> bool:
        return all(
            (field.computed and config.get(name) is None)
            or equal(field, config.get(name), candidate.get(name))
            for name, field in type_.fields.items()
            if not field.block
        )

    if not isinstance(config, dict):
        return None
    return next((candidate for candidate in candidates if alike(candidate)), None)


def equal(field: Field, left: Any, right: Any) -> bool:
    """Whether two values of a field mean the same.

    The order of a set does not count, nor that of a JSON policy's keys, nor whether nothing is null or empty.
    """
    return _canonical(field.type, left, field.name) == _canonical(field.type, right, field.name)


def _canonical(type_: Type, value: Any, name: str) -> Any:
    if value is UNKNOWN:
        return "\0unknown"
    if value in (None, "", [], {}):
        return None
    if isinstance(type_, Primitive):
        return _policy(value) if name.endswith("policy") else value
    if isinstance(type_, Object):
        return {key: _canonical(field.type, value.get(key), key) for key, field in type_.fields.items()}
    if type_.kind == "map":
        return {key: _canonical(type_.element, item, name) for key, item in value.items()}
    items = [_canonical(type_.element, item, name) for item in value]
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True)) if type_.kind == "set" else items


def _policy(value: Any) -> Any:
    try:
        return json.loads(value)
    except (TypeError, ValueError):
        return value


def has_unknown(value: Any) -> bool:
    """Whether any part of a value is not known yet."""
    if isinstance(value, dict):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def changes(type_: Object, prior: Any, config: Any, planned: Any, replacing: set[str]) -> list[Field]:
    """Return the fields that cause a change; one that the provider computes alone changes only as a consequence."""

    def causes(field: Field) -> bool:
        if equal(field, prior.get(field.name), planned.get(field.name)):
            return False
        given = planned.get(field.name) is not UNKNOWN or has_unknown(config.get(field.name))
        return field.name in replacing or (field.settable and given)

    return [field for field in type_.fields.values() if causes(field)]
