"""How one setting is declared: a dataclass field with its default, its meaning and its rule."""

import dataclasses
import ipaddress
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

T = TypeVar("T")
Rule = Callable[[Any], str | None]
"""Says why a value is wrong ("must be ...; got ..."), or None when it is right."""

_DOC: Final = "doc"
_RULE: Final = "rule"


def setting(default: T, doc: str, rule: Rule | None = None) -> T:
    """Declare a field of a settings dataclass.

    Args:
        default: the value when nobody sets one; its type is the setting's type.
        doc: what it means, with unit and range, and what a change does; one or two sentences.
        rule: what a value must satisfy beyond its type.
    """
    metadata = {_DOC: doc, _RULE: rule}
    if isinstance(default, dict):
        factory: Callable[[], Any] = default.copy
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)  # pyright: ignore[reportReturnType]


def section(default: T) -> T:
    """Declare a field that holds another settings dataclass; its settings take the field's name as prefix."""
    return dataclasses.field(default=default)  # pyright: ignore[reportReturnType]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Declaration:
    """One setting, found in a settings dataclass.

    Attributes:
        key: the name in a stack's configuration, in camel case.
        path: the field's names from the outermost dataclass inwards.
        default: the default value; its type is the setting's type.
        doc: the meaning, for people.
        rule: see `setting`.
    """

    key: str
    path: tuple[str, ...]
    default: Any
    doc: str
    rule: Rule | None

    @property
    def type(self) -> type[Any]:
        """The type of the value: str, int, bool, tuple or dict, or an enumeration of texts."""
        return self.default.__class__


def declarations(settings: Any, prefix: tuple[str, ...] = ()) -> list[Declaration]:
    """List the settings of a settings dataclass with their defaults, its sections' included, in order.

    Args:
        settings: the class, or for a section its value, whose own values are the defaults.
        prefix: the path of the section.
    """
    found: list[Declaration] = []
    for field in dataclasses.fields(settings):
        value = _default(settings, field)
        path = (*prefix, field.name)
        if _DOC in field.metadata:
            found.append(
                Declaration(
                    key=camel_case("_".join(path)),
                    path=path,
                    default=value,
                    doc=field.metadata[_DOC],
                    rule=field.metadata[_RULE],
                )
            )
        else:
            found.extend(declarations(value, path))
    return found


def _default(settings: Any, field: Any) -> Any:
    # A class has no attribute for a default that can be changed, as a dictionary's can.
    return getattr(settings, field.name) if hasattr(settings, field.name) else field.default_factory()


def changed(settings: Any, prefix: str, names: Collection[str]) -> list[str]:
    """List the keys of a section's settings, among the named ones, that differ from their defaults."""
    return [
        one.key
        for one in declarations(type(settings), (prefix,))
        if one.path[1] in names and value_at(settings, one.path[1:]) != one.default
    ]


def value_at(settings: Any, path: tuple[str, ...]) -> Any:
    """Read the value of a setting."""
    for name in path:
        settings = getattr(settings, name)
    return settings


def replaced(settings: T, values: Mapping[tuple[str, ...], Any]) -> T:
    """Give a copy of a settings dataclass that has these values at these paths."""
    own: dict[str, Any] = {path[0]: value for path, value in values.items() if len(path) == 1}
    inner: dict[str, dict[tuple[str, ...], Any]] = {}
    for path, value in values.items():
        if len(path) > 1:
            inner.setdefault(path[0], {})[path[1:]] = value
    own |= {name: replaced(getattr(settings, name), below) for name, below in inner.items()}
    return dataclasses.replace(settings, **own)  # pyright: ignore[reportArgumentType, reportUnknownVariableType]


def camel_case(snake: str) -> str:
    """Turn `worker_memory_mib` into `workerMemoryMib`."""
    head, *rest = snake.split("_")
    return head + "".join(word.capitalize() for word in rest)


def between(low: int, high: int) -> Rule:
    """A whole number in a range, both ends included."""
    return lambda value: None if low <= value <= high else f"must be from {low} to {high}; got {value}"


def matching(pattern: str, meaning: str) -> Rule:
    """A text of a form; `meaning` says it in words."""
    return lambda value: None if re.fullmatch(pattern, value) else f"must be {meaning}; got {value!r}"


def each(pattern: str, meaning: str, most: int | None = None) -> Rule:
    """A list of texts of a form, at most so many; `meaning` says it in words, in the plural."""

    def rule(values: tuple[str, ...]) -> str | None:
        if most is not None and len(values) > most:
            return f"must hold at most {most} {meaning}; got {len(values)}"
        wrong = [value for value in values if not re.fullmatch(pattern, value)]
        return f"must hold {meaning}; got {wrong[0]!r}" if wrong else None

    return rule


def one_of(*values: int) -> Rule:
    """One of a few whole numbers, which a message lists."""
    listed = ", ".join(map(str, values))

    def rule(value: int) -> str | None:
        if value in values:
            return None
        nearest = min(values, key=lambda legal: abs(legal - value))
        return f"must be one of {listed}; got {value}. Nearest: {nearest}"

    return rule


def cidrs(values: tuple[str, ...]) -> str | None:
    """Each an IPv4 network with no host bits set, in the one form that AWS takes: address/prefix."""
    for value in values:
        try:
            network = ipaddress.IPv4Network(value)
        except ValueError as error:
            return f"must hold IPv4 networks such as 203.0.113.0/24; got {value!r} ({error})"
        if str(network) != value:
            return f"must hold IPv4 networks such as 203.0.113.0/24; got {value!r}. Write it as {network}"
    return None
