"""Values from Pulumi's form into Terraform's, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from embedded_aws.engine import provider
from embedded_aws.engine.bridge import assets
from embedded_aws.engine.bridge.schema import Collection, Field, Object, Primitive, Type
from embedded_aws.engine.bridge.tfplugin import UNKNOWN
from embedded_aws.engine.provider import ProviderError, is_array

if TYPE_CHECKING:
    from collections.abc import Callable

_BOOLS = {"true": True, "false": False}


def to_terraform(type_: Type, value: Any, unsupported: Callable[[str], None], path: str = "") -> Any:
    """Return Terraform's form of a value; `unsupported` gets the path of what this provider is too old for.

    Raises:
        ProviderError: The value has another type, or names an argument that neither this provider nor
            the SDK knows.
    """
    if value is None:
        return None
    if value == provider.UNKNOWN:
        return UNKNOWN
    if assets.is_asset(value):
        return assets.path_of(value)
    try:
        if isinstance(type_, Primitive):
            return _primitive(type_.kind, value)
        if isinstance(type_, Object):
            return _object(type_, value, unsupported, path)
        return _collection(type_, value, unsupported, path)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        kind = "object" if isinstance(type_, Object) else type_.kind
        raise ProviderError(f"{path}: {value!r} is not of type {kind}") from error


def _primitive(kind: str, value: Any) -> Any:
    if kind == "bool":
        return value if isinstance(value, bool) else _BOOLS[value.lower()]
    if kind == "number":
        number = float(value)
        return int(number) if number.is_integer() else number
    if kind != "string" or not isinstance(value, str | bool | int | float):
        raise ValueError(kind)
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _collection(type_: Collection, value: Any, unsupported: Callable[[str], None], path: str) -> Any:
    if type_.kind == "map":
        return {
            key: to_terraform(type_.element, item, unsupported, f"{path}.{key}")
            for key, item in value.items()
        }
    items: list[Any] = value if is_array(value) else [value]
    return [to_terraform(type_.element, item, unsupported, f"{path}[{i}]") for i, item in enumerate(items)]


def _object(type_: Object, value: dict[str, Any], unsupported: Callable[[str], None], path: str) -> Any:
    result = type_.empty()
    for key, item in value.items():
        if key.startswith("__") or item is None:
            continue
        where = f"{path}.{key}" if path else key
        field = type_.by_pulumi.get(key)
        if field:
            result[field.name] = to_terraform(field.type, item, unsupported, where)
        elif key in type_.newer:
            unsupported(where)
        else:
            raise ProviderError(f"no argument {where!r}; there are {', '.join(sorted(type_.by_pulumi))}")
    return result


def to_pulumi(type_: Type, value: Any) -> Any:
    """Return Pulumi's form of a value: nulls left out, what is sensitive marked as secret."""
    if value is UNKNOWN:
        return provider.UNKNOWN
    if value is None or isinstance(type_, Primitive):
        return value
    if isinstance(type_, Object):
        shown = {field.pulumi: _shown(field, value.get(field.name)) for field in type_.fields.values()}
        return {name: item for name, item in shown.items() if item is not None}
    if type_.kind == "map":
        return {key: to_pulumi(type_.element, item) for key, item in value.items()}
    return [to_pulumi(type_.element, item) for item in value]


def _shown(field: Field, value: Any) -> Any:
    result = to_pulumi(field.type, value)
    if field.single and is_array(result):
        result = result[0] if result else None
    if field.sensitive and result is not None and result != provider.UNKNOWN:
        return provider.secret(result)
    return result
