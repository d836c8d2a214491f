"""What changes: the state to propose to the provider, and its plan compared with the state there is."""

from __future__ import annotations

import itertools
import json
from typing import Any

from embedded_aws.engine.bridge.schema import Collection, Field, Object, Primitive, Type
from embedded_aws.engine.bridge.tfplugin import UNKNOWN
from embedded_aws.engine.provider import is_array, is_object

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def proposed(type_: Object, prior: Any, config: Any) -> Any:
    """Return the configuration, with what the provider computed before where it is silent.

    Source: https://github.com/hashicorp/terraform/blob/v1.9.8/internal/plans/objchange/objchange.go
    """
    if config is UNKNOWN or config is None:
        return config
    prior = prior if is_object(prior) else {}
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
    return _proposed_items(field.type.kind, field.type.element, prior, config)


def _proposed_items(kind: str, element: Object, prior: Any, config: Any) -> Any:
    if kind == "map":
        before: dict[str, Any] = prior or {}
        return {key: proposed(element, before.get(key), item) for key, item in config.items()}
    candidates: list[Any] = prior or []
    if kind == "set":
        return [proposed(element, _counterpart(element, item, candidates), item) for item in config]
    pairs = itertools.zip_longest(config, candidates[: len(config)])
    return [proposed(element, candidate, item) for item, candidate in pairs]


def _counterpart(type_: Object, config: Any, candidates: list[Any]) -> Any:
    """Return the element of a set that the configuration means: alike in all that it says."""

    def alike(candidate: Any) -> bool:
        return all(
            (field.computed and config.get(name) is None)
            or equal(field, config.get(name), candidate.get(name))
            for name, field in type_.fields.items()
            if not field.block
        )

    if not is_object(config):
        return None
    return next((candidate for candidate in candidates if alike(candidate)), None)


def equal(field: Field, left: Any, right: Any) -> bool:
    """Whether two values of a field mean the same.

    The order of a set does not count, nor that of a JSON policy's keys, nor whether nothing is null or empty.
    """
    return _canonical(field.type, left, field.name) == _canonical(field.type, right, field.name)


def _canonical(type_: Type, value: Any, name: str) -> Any:
    if value is UNKNOWN or value in _NOTHING:
        return "\0unknown" if value is UNKNOWN else None
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
    if is_object(value):
        return any(has_unknown(item) for item in value.values())
    if is_array(value):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def changes(type_: Object, prior: Any, config: Any, planned: Any, replacing: set[str]) -> list[Field]:
    """Return the fields that cause a change.

    What the provider computes (all of a field, or where the program is silent) changes as a consequence,
    and is told only when nothing else is.
    """

    def causes(field: Field) -> bool:
        if equal(field, prior.get(field.name), planned.get(field.name)):
            return False
        is_known = planned.get(field.name) is not UNKNOWN or has_unknown(config.get(field.name))
        return field.name in replacing or (field.settable and is_known)

    causing = [field for field in type_.fields.values() if causes(field)]
    requested = [field for field in causing if not field.computed or config.get(field.name) is not None]
    return requested or causing
