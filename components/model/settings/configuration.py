"""From a stack's configuration, which is text, to settings; and from settings to their declaration."""

import difflib
import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from .setting import Declaration, declarations, replaced
from .settings import Settings, SettingsError

DECLARED: Final = {one.key: one for one in declarations(Settings)}
"""Every key of a stack's configuration."""


def parse(raw: Mapping[str, str]) -> Settings:
    """Make settings of a stack's configuration.

    Args:
        raw: the values by key as the engine hands them over: text, lists as JSON.

    Raises:
        SettingsError: every error found: misspelt keys, values of another type, broken rules.
    """
    errors = [_unknown(key) for key in raw if key not in DECLARED]
    unreadable: set[str] = set()
    values: dict[tuple[str, ...], Any] = {}
    for key, text in raw.items():
        if declared := DECLARED.get(key):
            try:
                values[declared.path] = _convert(declared, text)
            except ValueError as error:
                errors.append(f"{key} {error}")
                unreadable.add(key)
    try:
        settings = replaced(Settings(), values)
    except SettingsError as error:
        # What rests on a value that could not be read would only mislead.
        errors += [message for message in error.errors if unreadable.isdisjoint(message.split())]
        raise SettingsError(errors) from None
    if errors:
        raise SettingsError(errors)
    return settings


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, DECLARED, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]}?" if near else "docs/configuration.md lists all keys"
    return f"{key} is no setting. {hint}"


def _convert(declared: Declaration, text: str) -> Any:
    kind = declared.type
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"must be true or false; got {text!r}")
        return text == "true"
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"must be a whole number; got {text!r}") from None
    if kind is tuple:
        return _strings(text)
    if kind is dict:
        return _object(text)
    if issubclass(kind, StrEnum):
        return _member(kind, text)
    return text


def _strings(text: str) -> tuple[str, ...]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):  # pyright: ignore[reportUnknownVariableType]
        raise ValueError(f"must be a list of texts; got {text!r}")
    return tuple(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"must be a mapping; got {text!r}")  # noqa: TRY004, errors are ValueErrors here
    return value  # pyright: ignore[reportUnknownVariableType]


def _member(kind: type[StrEnum], text: str) -> StrEnum:
    try:
        return kind(text)
    except ValueError:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.3)
        hint = f". Did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be one of {', '.join(names)}; got {text!r}{hint}") from None
