"""What is wrong with settings, as values: an error knows its setting's path, and the edge renders it.

A rule names other settings with `name_of`: the author of a stack file reads `loadBalancerDomain`, the author
of a Python program `load_balancer.domain`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ..shown import without_logins

_OPEN: Final = "\ue000"
_CLOSE: Final = "\ue001"
"""Characters of no meaning, which `repr` escapes: a user's value in a message is never taken for a name."""
_NAME: Final = re.compile(f"{_OPEN}(.+?){_CLOSE}")


@dataclass(frozen=True)
class Key:
    """A step of a path into a mapping; a type of string, unlike the name of an attribute."""

    name: str


Step = str | int | Key
"""The name of an attribute, an index of a list, or the key of a mapping."""
Path = tuple[Step, ...]
"""From the outermost settings inwards: `("load_balancer", "domain")`, `("extra_secrets", Key("worker"))`."""
KIND: Final = "kind"
"""The setting that chooses between kinds of what a section describes; its key is the section's own."""
Notation = Callable[[Path], str]
"""How a path is written: `python_name` or `stack_key`."""


@dataclass(frozen=True)
class SettingError:
    """One thing that is wrong.

    Attributes:
        path: the setting, or what in its value; empty: nothing that is a setting.
        message: continues a sentence that begins with the setting: what it must be, what it is, what to do.
        base: the section that the names in the message are relative to.
    """

    path: Path
    message: str
    base: Path = ()

    def within(self, *steps: Step) -> "SettingError":
        """Put an error of a section under the path of the section."""
        return replace(self, path=(*steps, *self.path), base=(*steps, *self.base))

    def below(self, *steps: Step) -> "SettingError":
        """Put an error of a value under the path of the value; the names in it stay as they are."""
        return replace(self, path=(*steps, *self.path))

    @property
    def settings(self) -> frozenset[Path]:
        """The setting and those that the message names."""
        return frozenset({self.path, *(self._absolute(name[1]) for name in _NAME.finditer(self.message))})

    def render(self, notation: Notation) -> str:
        """Write the error for people, in one line."""
        message = _NAME.sub(lambda name: notation(self._absolute(name[1])), self.message)
        return f"{notation(self.path)} {message}" if self.path else message

    def _absolute(self, name: str) -> Path:
        base = () if name.startswith(".") else self.base
        steps = name.removeprefix(".").split(".")
        return (*base, *(int(step) if step.isdecimal() else step for step in steps))


Errors = Iterator[SettingError]


class SettingsError(ValueError):
    """Settings that cannot be deployed; its text is for who writes Python.

    Attributes:
        errors: all that is wrong.
    """

    def __init__(self, errors: Iterable[SettingError]) -> None:
        self.errors: Sequence[SettingError] = tuple(errors)
        super().__init__("\n".join(self.lines(python_name)))

    def lines(self, notation: Notation) -> list[str]:
        """Write each error in a separate line."""
        return [error.render(notation) for error in self.errors]


def at(path: str, message: str) -> SettingError:
    """Make an error of a section: `path` is dotted, as in `name_of`."""
    return SettingError(tuple(path.split(".")), message)


def invalid(message: str, *path: Step) -> SettingError:
    """Make an error of a value: `path` is that of the part that is wrong."""
    return SettingError(path, message)


def name_of(path: str) -> str:
    """Name another setting in a message, by its dotted path from the section that the rule stands in.

    A dot in front: from the outermost settings, for a rule that several sections share.
    """
    return f"{_OPEN}{path}{_CLOSE}"


def python_name(path: Path) -> str:
    """Write a path as an expression: `load_balancer.domain`, `extra_secrets["worker"]`."""
    return "".join(f".{step}" if isinstance(step, str) else _quoted(step) for step in path).removeprefix(".")


def stack_key(path: Path) -> str:
    """Write a path as Pulumi does: `loadBalancerDomain`, `extraSecrets.worker`; `broker.kind` is `broker`.

    https://www.pulumi.com/docs/iac/concepts/config/#structured-configuration
    """
    text, names = "", list[str]()
    for step in path:
        if isinstance(step, str):
            names.append(step)
            continue
        text, names = text + _key(names) + _item(step), []
    return (text + _key(names)).removeprefix(".")


def both_names(path: str) -> str:
    """Name a setting, by its dotted path, where both readers may meet the message: in a dynamic resource."""
    names = tuple(path.split("."))
    return f"{stack_key(names)} (in Python {python_name(names)})"


def _key(names: Sequence[str]) -> str:
    if len(names) > 1 and names[-1] == KIND:
        names = names[:-1]
    return f".{camel_case('_'.join(names))}" if names else ""


def _item(step: int | Key) -> str:
    if isinstance(step, Key) and re.fullmatch(r"[\w-]+", step.name):
        return f".{step.name}"
    return _quoted(step)


def _quoted(step: int | Key) -> str:
    return f"[{without_logins(json.dumps(step.name if isinstance(step, Key) else step))}]"


def camel_case(snake: str) -> str:
    """Turn `worker_memory_mib` into `workerMemoryMib`."""
    head, *rest = snake.split("_")
    return head + "".join(word.capitalize() for word in rest)
