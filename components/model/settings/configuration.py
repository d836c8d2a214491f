"""From a stack's configuration, which is text, to settings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .conversion import converted, unknown
from .errors import Key, Path, SettingError, SettingsError
from .policy_settings import PolicySettings
from .setting import declarations, replaced
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
                values[declared.path] = converted(declared, text)
            except SettingsError as broken:
                errors += [error.within(*declared.path) for error in broken.errors]
            except ValueError as error:
                errors.append(SettingError(declared.path, str(error)))
        else:
            errors.append(SettingError(path_of(key), unknown(key, DECLARED)))
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
