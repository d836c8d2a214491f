"""Terraform's schemas as types, each field with the name and form that Pulumi gives it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from embedded_aws.engine.bridge import sdk
from embedded_aws.engine.bridge.names import RENAMED, pulumi_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from embedded_aws.engine.bridge.sdk import Names

_SINGLE, _LIST, _SET, _MAP, _GROUP = 1, 2, 3, 4, 5  # the protocol's NestingMode
_COLLECTIONS = {_LIST: "list", _SET: "set", _MAP: "map"}


@dataclass(frozen=True)
class Primitive:
    """`string`, `number` or `bool`."""

    kind: str


@dataclass(frozen=True)
class Collection:
    """A `list`, `set` or `map` of values of one type."""

    kind: str
    element: Type


@dataclass(frozen=True)
class Object:
    """Fields by Terraform's name; `newer` are properties that the SDK has and this provider lacks."""

    fields: dict[str, Field]
    newer: frozenset[str] = field(default_factory=frozenset[str])

    @cached_property
    def by_pulumi(self) -> dict[str, Field]:
        """The same fields by Pulumi's name."""
        return {field.pulumi: field for field in self.fields.values()}

    def empty(self) -> dict[str, Any]:
        """Return Terraform's value where nothing is given."""
        return {name: field.absent() for name, field in self.fields.items()}


Type = Primitive | Collection | Object


@dataclass(frozen=True, kw_only=True)
class Field:
    """One attribute or nested block.

    Attributes:
        name: Terraform's name.
        pulumi: Pulumi's name.
        type: Of what Terraform holds.
        block: A nested block, whose fields are planned one by one.
        single: Pulumi shows the one element of this list or set, Terraform the list.
        computed: The provider fills it where the program is silent.
        settable: The program may give it.
        sensitive: Its value is a secret.
        write_only: It is sent, and never kept.
    """

    name: str
    pulumi: str
    type: Type
    block: bool = False
    single: bool = False
    computed: bool = False
    settable: bool = True
    sensitive: bool = False
    write_only: bool = False

    def absent(self) -> Any:
        """Return Terraform's value where it is not given: a block is empty, an attribute null."""
        if not self.block or not isinstance(self.type, Collection):
            return None
        return {} if self.type.kind == "map" else []


def object_of(block: Any, names: Names | None, terraform_type: str = "") -> Object:
    """Return the type of a schema's block; `names` are the SDK's, and None makes the rules decide."""
    fields = [
        *(_attribute(attribute, names, terraform_type) for attribute in block.attributes),
        *(_block(nested, names, terraform_type) for nested in block.block_types),
    ]
    return _object(fields, names)


def _object(fields: Iterable[Field], names: Names | None) -> Object:
    by_name = {field.name: field for field in fields}
    existing = {field.pulumi for field in by_name.values()}
    return Object(by_name, frozenset(name for name in names or () if name not in existing))


def _attribute(attribute: Any, names: Names | None, terraform_type: str) -> Field:
    declared = json.loads(attribute.type)
    many = isinstance(declared, list) and declared[0] in {"list", "set"}
    pulumi = _name(attribute.name, names, terraform_type, many=many)
    annotation = (names or {}).get(pulumi)
    return Field(
        name=attribute.name,
        pulumi=pulumi,
        type=_type(declared, sdk.nested(annotation)),
        single=many and annotation is not None and not sdk.is_list(annotation),
        computed=attribute.computed,
        settable=attribute.optional or attribute.required,
        sensitive=attribute.sensitive,
        write_only=attribute.write_only,
    )


def _block(nested: Any, names: Names | None, terraform_type: str) -> Field:
    many = nested.nesting in {_LIST, _SET}
    pulumi = _name(nested.type_name, names, terraform_type, many=many and nested.max_items != 1)
    annotation = (names or {}).get(pulumi)
    element = object_of(nested.block, sdk.nested(annotation) if names else None)
    return Field(
        name=nested.type_name,
        pulumi=pulumi,
        type=element
        if nested.nesting in {_SINGLE, _GROUP}
        else Collection(_COLLECTIONS[nested.nesting], element),
        block=True,
        single=many and (nested.max_items == 1 if annotation is None else not sdk.is_list(annotation)),
    )


def _name(name: str, names: Names | None, terraform_type: str, *, many: bool) -> str:
    return RENAMED.get((terraform_type, name)) or pulumi_name(name, many=many, sdk=names)


def _type(declared: Any, names: Names | None) -> Type:
    """Return a type from its JSON form: `"string"`, `["set", "string"]`, `["object", {...}]`.

    Source: https://github.com/zclconf/go-cty/blob/main/docs/json.md
    """
    if isinstance(declared, str):
        return Primitive(declared)
    kind, inner = declared
    if kind != "object":
        return Collection(kind, _type(inner, names))
    fields: list[Field] = []
    for name, item in inner.items():
        many = isinstance(item, list) and item[0] in {"list", "set"}
        pulumi = pulumi_name(name, many=many, sdk=names)
        annotation = (names or {}).get(pulumi)
        single = many and annotation is not None and not sdk.is_list(annotation)
        fields.append(
            Field(name=name, pulumi=pulumi, type=_type(item, sdk.nested(annotation)), single=single)
        )
    return _object(fields, names)
