"""Lookups of the existing infrastructure that settings name, before any resource is created."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

from ..model.settings.errors import SettingError, SettingsError, at

T = TypeVar("T")


class UnusableError(SettingsError, pulumi.RunError):
    """What the settings name does not exist or cannot be used; Pulumi shows it without a traceback."""


class Lookups:
    """Looks up what settings name, and collects errors, so that one run reports all of them."""

    def __init__(self) -> None:
        self.found: list[SettingError] = []
        """Which setting, what is wrong, what to do."""

    def add(self, path: str, message: str) -> None:
        """Keep an error of the setting with this dotted path."""
        self.found.append(at(path, message))

    def get(self, path: str, named: str, question: Callable[[str], T]) -> T | None:
        """Look up what a setting names; None where it names nothing.

        Where AWS returns an error, add it to those of the setting, and return None.

        Args:
            path: the setting.
            named: its value, or one of its values.
            question: calls one of the provider's functions with it.
        """
        if not named:
            return None
        try:
            return question(named)
        except Exception as error:  # noqa: BLE001, the SDK raises nothing narrower from a function of a provider
            self.add(path, f"cannot be looked up: {_reason(error)}")
            return None


def advisory(what: str, question: Callable[[], T]) -> T | None:
    """Look up what only a warning rests on: where AWS returns an error, log it and return None.

    Args:
        what: names it at the beginning of a sentence.
        question: calls one of the provider's functions.
    """
    try:
        return question()
    except Exception as error:  # noqa: BLE001, the SDK raises nothing narrower from a function of a provider
        pulumi.log.info(f"{what} cannot be looked up: {_reason(error)}")
        return None


def _reason(error: Exception) -> str:
    """AWS's error message, in one line."""
    return " ".join(str(error).split())
