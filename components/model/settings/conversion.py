"""From the text of one value in a stack's configuration to the type of its setting."""

import difflib
import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from .. import documents
from ..documents import is_list, is_mapping
from ..shown import shown
from .errors import Key, SettingError, SettingsError, name_of
from .setting import Declaration, Section, declarations, replaced


def converted(declared: Declaration, text: str) -> Any:
    """Convert a value as the engine hands it over: text, lists and mappings as JSON.

    Raises:
        ValueError: another type; continues a sentence that begins with the setting.
        SettingsError: the same for parts of a list of sections, with paths that begin in the value.
    """
    structured = declared.type in (tuple, dict)
    return _typed(declared, _document(text) if structured else text, text)


def unknown(key: str, declared: Mapping[str, Declaration]) -> str:
    """Return what is wrong with a key that is not declared."""
    near = difflib.get_close_matches(key, declared, n=1, cutoff=0.5)
    hint = (
        f"Did you mean {name_of('.'.join(declared[near[0]].path))}?"
        if near
        else "docs/configuration.md lists all keys"
    )
    return f"is not a setting. {hint}"


def _typed(declared: Declaration, value: Any, given: Any) -> Any:
    """Convert text, or a list or mapping of it; `given` is what the author wrote.

    Of mappings an error names the kind alone: what they hold may be a secret in the wrong place.
    """
    kind = declared.type
    if kind is tuple:
        return _list(declared.items, value, given)
    if kind is dict:
        if not is_mapping(value):
            raise ValueError(f"must be a mapping; got {_kind(value, given)}")
        return value
    if not isinstance(value, str):
        raise ValueError(f"must be one value; got {shown(given)}")  # noqa: TRY004, an error of the author
    return _scalar(kind, value)


def _scalar(kind: type[Any], text: str) -> Any:
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"must be true or false; got {shown(text)}")
        return text == "true"
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"must be a whole number; got {shown(text)}") from None
    return _member(kind, text) if issubclass(kind, StrEnum) else kind(text)


def _member(kind: type[StrEnum], text: str) -> StrEnum:
    try:
        return kind(text)
    except ValueError:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.3)
        hint = f". Did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be one of {', '.join(names)}; got {shown(text)}{hint}") from None


def _list(items: type[Any], value: Any, given: Any) -> tuple[Any, ...]:
    if items is str:
        if not is_list(value) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"must be a list of strings; got {shown(given)}")
        return tuple(value)
    if not is_list(value):
        raise ValueError(
            f"must be a list of mappings; got {documents.kind(given if value is None else value)}"
        )
    if other := [documents.kind(item) for item in value if not is_mapping(item)]:
        raise ValueError(f"must be a list of mappings; got one with {other[0]}")
    return _sections(items, value) if issubclass(items, Section) else tuple(value)


def _kind(value: Any, given: Any) -> str:
    """Name the kind of a value, or of the text that is no JSON."""
    return documents.kind(given if value is None else value)


def _sections(kind: type[Section], items: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    known = {one.key: one for one in declarations(kind)}
    errors: list[SettingError] = []
    made: list[Section] = []
    for index, item in enumerate(items):
        values: dict[tuple[str, ...], Any] = {}
        for key, value in item.items():
            if key not in known:
                errors.append(SettingError((Key(key),), unknown(key, known)).within(index))
                continue
            try:
                values[known[key].path] = _typed(known[key], value, value)
            except ValueError as error:
                errors.append(SettingError(known[key].path, str(error)).within(index))
        made.append(replaced(kind(), values))
    if errors:
        raise SettingsError(errors)
    return tuple(made)


def _document(text: str) -> Any:
    """Read JSON in which every scalar is a string, as `pulumi config set --path` means it.

    The command writes 123456789012, 4 and false without quotes: https://github.com/pulumi/pulumi/issues/5442
    """
    try:
        return _as_strings(json.loads(text, parse_int=str, parse_float=str))
    except json.JSONDecodeError:
        return None


def _as_strings(value: Any) -> Any:
    if isinstance(value, bool):
        return str(value).lower()
    if is_list(value):
        return [_as_strings(item) for item in value]
    if is_mapping(value):
        return {key: _as_strings(item) for key, item in value.items()}
    return value
