"""Questions to AWS about what a stack's settings name, asked before anything is made."""

from collections.abc import Callable
from typing import TypeVar

import pulumi

from ..model.settings.errors import SettingError, SettingsError, at

T = TypeVar("T")


class UnusableError(SettingsError, pulumi.RunError):
    """What the settings name is not there or cannot be used; Pulumi shows it without a traceback."""


class Errors:
    """Collects what is wrong, so that one run tells all of it."""

    def __init__(self) -> None:
        self.found: list[SettingError] = []
        """Which setting, what is wrong, what to do."""

    def add(self, path: str, message: str) -> None:
        """Keep an error of the setting with this dotted path."""
        self.found.append(at(path, message))

    def ask(self, path: str, question: Callable[[], T]) -> T | None:
        """Answer a question to AWS, or keep what AWS says and answer None.

        Args:
            path: the setting that names what is asked for.
            question: calls one of the provider's functions.
        """
        try:
            return question()
        except Exception as error:  # noqa: BLE001, the SDK raises nothing narrower from a function of a provider
            self.add(path, f"names what AWS does not give: {_reason(error)}")
            return None


def _reason(error: Exception) -> str:
    """What AWS said, in one line."""
    return " ".join(str(error).split())
