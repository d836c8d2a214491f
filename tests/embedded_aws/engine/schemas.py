"""Terraform schemas in few words, for the tests of the bridge."""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.engine.bridge.protocol import MESSAGES

LIST, SET = 2, 3


def attribute(name: str, kind: Any = "string", **flags: bool) -> Any:
    """Return an attribute; optional unless told otherwise."""
    return MESSAGES["Attribute"](name=name, type=json.dumps(kind).encode(), **({"optional": True} | flags))


def nested(name: str, fields: Any, *, nesting: int = LIST, max_items: int = 0) -> Any:
    """Return a nested block."""
    return MESSAGES["NestedBlock"](type_name=name, block=fields, nesting=nesting, max_items=max_items)


def block(*fields: Any) -> Any:
    """Return a block of attributes and nested blocks."""
    attributes = [field for field in fields if isinstance(field, MESSAGES["Attribute"])]
    blocks = [field for field in fields if isinstance(field, MESSAGES["NestedBlock"])]
    return MESSAGES["Block"](attributes=attributes, block_types=blocks)
