"""YAML and JSON as people write them, read strictly: what would be lost or guessed in silence is refused."""

import json
import math
from collections.abc import Iterator
from typing import Any, TypeGuard

import yaml


class DocumentError(ValueError):
    """A string that cannot be parsed as one document; the message has the place and the reason."""


def read(text: str, *, as_json: bool) -> Any:
    """Read one document.

    Args:
        text: the document.
        as_json: JSON; else YAML, where a date stays a string.

    Raises:
        DocumentError: bad syntax, or a key that appears twice (of which the first would be lost).
    """
    try:
        return json.loads(text, object_pairs_hook=_object) if as_json else yaml.load(text, _Loader)  # noqa: S506, it is a SafeLoader
    except json.JSONDecodeError as error:
        raise DocumentError(f"is not valid JSON: line {error.lineno}: {error.msg}") from None
    except yaml.YAMLError as error:
        raise DocumentError(f"is not valid YAML: {' '.join(str(error).split())}") from None


def not_json(value: Any, path: str) -> Iterator[str]:
    """Yield an error for what JSON cannot hold: keys that are not strings, and types of YAML alone."""
    if is_mapping(value):
        for key, inner in value.items():
            if isinstance(key, str):
                yield from not_json(inner, f"{path}.{key}" if path else key)
            else:
                yield f"{path or 'the file'} has the key {key!r}, which is not a string. Put it in quotes"
    elif is_list(value):
        for number, inner in enumerate(value):
            yield from not_json(inner, f"{path}[{number}]")
    elif not isinstance(value, str | int | float | None) or (
        isinstance(value, float) and not math.isfinite(value)
    ):
        yield f"{path} is {kind(value)}, which JSON cannot hold. Put it in quotes"


def is_mapping(value: Any) -> TypeGuard[dict[Any, Any]]:
    """Whether a value is a mapping; its keys are strings once `not_json` found nothing."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list."""
    return isinstance(value, list)


def kind(value: Any) -> str:
    """Name the type of a value in words, without the value, which may be secret."""
    words: dict[type[Any], str] = {
        str: "a string",
        bool: "true or false",
        int: "a number",
        float: "a number",
        dict: "a mapping",
        list: "a list",
    }
    return "nothing" if value is None else words.get(value.__class__, f"a {value.__class__.__name__}")


class _Loader(yaml.SafeLoader):
    """YAML's safe loader, with dates as strings, and no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002, the base class's signature
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value!r} appears twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise DocumentError(f"is not valid JSON: the key {key!r} appears twice")
        found[key] = value
    return found
