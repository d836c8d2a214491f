"""From a stack's configuration, which is text, to settings."""

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from ..documents import is_list, is_mapping
from ..shown import shown
from .errors import Key, Path, SettingError, SettingsError, name_of
from .policy_settings import PolicySettings
from .setting import Declaration, declarations, replaced
from .settings import Settings

DECLARED: Final = {one.key: one for one in declarations(Settings)}
"""Every key of a stack's configuration."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a stack's configuration holds.

    Attributes:
        values: typed, by the path of the setting.
        errors: keys that do not exist, and values of another type.
    """

    values: Mapping[tuple[str, ...], Any]
    errors: tuple[SettingError, ...]

    def settings(self, further: Iterable[SettingError] = ()) -> Settings:
        """Make settings of it.

        Args:
            further: what the caller finds wrong.

        Raises:
            SettingsError: every error: of these values, of the rules, of the caller.
        """
        errors = [*self.errors, *further]
        unreadable = {error.path for error in self.errors}
        try:
            settings = replaced(Settings(), self.values)
        except SettingsError as broken:
            # What depends on a value that could not be read would only mislead.
            errors += [error for error in broken.errors if unreadable.isdisjoint(error.settings)]
            raise SettingsError(errors) from None
        if errors:
            raise SettingsError(errors)
        return settings

    @property
    def policy(self) -> PolicySettings:
        """How strict the policy pack is, whatever else is wrong; the default where a value cannot be read."""
        return replaced(
            PolicySettings(), {path[1:]: value for path, value in self.values.items() if path[0] == "policy"}
        )


def of_project(project: str, configuration: Mapping[str, str]) -> dict[str, str]:
    """Take the keys of a project from all that the engine hands over, which are `project:key`."""
    prefix = f"{project}:"
    return {key.removeprefix(prefix): text for key, text in configuration.items() if key.startswith(prefix)}


def read(raw: Mapping[str, str]) -> Configuration:
    """Read a stack's configuration: values by key as the engine hands them over, text, lists as JSON."""
    values: dict[tuple[str, ...], Any] = {}
    errors: list[SettingError] = []
    for key, text in raw.items():
        if declared := DECLARED.get(key):
            try:
                values[declared.path] = _convert(declared, text)
            except ValueError as error:
                errors.append(SettingError(declared.path, str(error)))
        else:
            errors.append(SettingError(path_of(key), _unknown(key)))
    return Configuration(values=values, errors=tuple(errors))


def parse(raw: Mapping[str, str]) -> Settings:
    """Make settings of a stack's configuration.

    Raises:
        SettingsError: every error: misspelt keys, values of another type, broken rules.
    """
    return read(raw).settings()


def path_of(key: str) -> Path:
    """Give the path of a key; one that is not declared is no setting's."""
    declared = DECLARED.get(key)
    return declared.path if declared else (Key(key),)


def _unknown(key: str) -> str:
    near = difflib.get_close_matches(key, DECLARED, n=1, cutoff=0.5)
    hint = (
        f"Did you mean {name_of('.'.join(DECLARED[near[0]].path))}?"
        if near
        else "docs/configuration.md lists all keys"
    )
    return f"is not a setting. {hint}"


def _convert(declared: Declaration, text: str) -> Any:
    kind = declared.type
    if kind is bool:
        if text not in ("true", "false"):
            raise ValueError(f"must be true or false; got {shown(text)}")
        return text == "true"
    if kind is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError(f"must be a whole number; got {shown(text)}") from None
    if kind is tuple:
        return _strings(text)
    if kind is dict:
        return _object(text)
    if issubclass(kind, StrEnum):
        return _member(kind, text)
    return text


def _strings(text: str) -> tuple[str, ...]:
    value = _document(text)
    if not is_list(value) or not all(isinstance(item, str) for item in value):
        raise ValueError(f"must be a list of strings; got {shown(text)}")
    return tuple(value)


def _object(text: str) -> dict[str, Any]:
    value = _document(text)
    if not is_mapping(value):
        raise ValueError(f"must be a mapping; got {shown(text)}")
    return value


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


def _member(kind: type[StrEnum], text: str) -> StrEnum:
    try:
        return kind(text)
    except ValueError:
        names = [str(member) for member in kind]
        near = difflib.get_close_matches(text, names, n=1, cutoff=0.3)
        hint = f". Did you mean {near[0]}?" if near else ""
        raise ValueError(f"must be one of {', '.join(names)}; got {shown(text)}{hint}") from None
