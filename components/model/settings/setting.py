"""How one setting is declared: a dataclass field with its default, its meaning and its rule."""

import dataclasses
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Final, TypeVar

from .errors import Errors, Path, SettingError, SettingsError, name_of, stack_key
from .needs import Need, has

T = TypeVar("T")
S = TypeVar("S", bound="Section")
Rule = Callable[[Any], Errors]
"""Yields the errors of a value ("must be ...; got ..."), with paths that begin in the value."""

_DOC: Final = "doc"
_RULE: Final = "rule"
_NEEDS: Final = "needs"
_ITEMS: Final = "items"


class Section:
    """A settings dataclass: settings, sections, and what must hold between them."""

    def errors(self) -> Errors:
        """Yield the errors between settings, with paths and names that begin in this section."""
        yield from ()


def setting(
    default: T,
    doc: str,
    rule: Rule | None = None,
    *,
    needs: Need | None = None,
    items: type[Any] = str,
) -> T:
    """Declare a field of a settings dataclass.

    Args:
        default: the value when nobody sets one; its type is the setting's type.
        doc: what it means, with unit and range, and what a change does; one or two sentences.
        rule: what a value must satisfy beyond its type.
        needs: without what it has no effect.
        items: of a list, the type of its items: str, dict, or a `Section`.
    """
    metadata = {_DOC: doc, _RULE: rule, _NEEDS: needs, _ITEMS: items}
    if isinstance(default, dict):
        factory: Callable[[], Any] = default.copy
        return dataclasses.field(default_factory=factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)  # pyright: ignore[reportReturnType]


def section(default: S, *, needs: Need | None = None, **metadata: bool) -> S:
    """Declare a field that holds another settings dataclass; its settings take the field's name as prefix.

    Args:
        default: the section with its own defaults.
        needs: without what it has no effect.
        metadata: what the rules of the outer section must know of it.
    """
    return dataclasses.field(default=default, metadata={_NEEDS: needs, **metadata})  # pyright: ignore[reportReturnType]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Declaration:
    """One setting, as a settings dataclass declares it.

    Attributes:
        path: the field's names from the outermost dataclass inwards.
        default: the default value; its type is the setting's type.
        doc: the meaning, for people.
        rule: see `setting`.
        items: see `setting`.
    """

    path: tuple[str, ...]
    default: Any
    doc: str
    rule: Rule | None
    items: type[Any]

    @property
    def key(self) -> str:
        """The name in a stack's configuration, in camel case."""
        return stack_key(self.path)

    @property
    def type(self) -> type[Any]:
        """The type of the value: str, int, bool, tuple or dict, or an enumeration of strings."""
        return self.default.__class__


def declarations(settings: Any, prefix: tuple[str, ...] = ()) -> list[Declaration]:
    """List the settings of a settings dataclass with their defaults, its sections' included, in order.

    Args:
        settings: the class, or for a section its value, whose own values are the defaults.
        prefix: the path of the section.
    """
    declared: list[Declaration] = []
    for field in dataclasses.fields(settings):
        value = _default(settings, field)
        path = (*prefix, field.name)
        if _DOC in field.metadata:
            declared.append(
                Declaration(
                    path=path,
                    default=value,
                    doc=field.metadata[_DOC],
                    rule=field.metadata[_RULE],
                    items=field.metadata[_ITEMS],
                )
            )
        else:
            declared.extend(declarations(value, path))
    return declared


def _default(settings: Any, field: Any) -> Any:
    # A class has no attribute for a default that can be changed, as a dictionary's can.
    return getattr(settings, field.name) if hasattr(settings, field.name) else field.default_factory()


def check(settings: Section) -> None:
    """Hold settings against every rule: each setting's own, and each section's.

    Raises:
        SettingsError: all that is wrong, at once.
    """
    if errors := [*_errors(settings)]:
        raise SettingsError(errors)


def _errors(settings: Any) -> Errors:
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        for path, inner in _sections(field.name, value):
            yield from (error.within(*path) for error in _errors(inner))
        if rule := field.metadata.get(_RULE):
            yield from (error.below(field.name) for error in rule(value))
    yield from settings.errors()
    yield from _without_effect(settings)


def _without_effect(settings: Any) -> Errors:
    """Yield an error for each setting without effect, since another has not the value that it needs."""
    for field in dataclasses.fields(settings):
        needs = need_of(field)
        if needs is None or has(settings, needs):
            continue
        name, value = name_of(needs[0]), getattr(settings, needs[0])
        message = f"needs {name} {needs[1]}; with {value} it has no effect. Remove it, or set {name}"
        yield from (SettingError(path, message) for path in changed(settings, [field.name]))


def need_of(field: "dataclasses.Field[Any]") -> Need | None:
    """Give what a field of a settings dataclass needs to have an effect."""
    return field.metadata.get(_NEEDS)


def _sections(name: str, value: Any) -> Iterator[tuple[Path, Section]]:
    """List the section that a field holds, or those of its list."""
    if isinstance(value, Section):
        yield (name,), value
    elif isinstance(value, tuple):
        for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
            if isinstance(item, Section):
                yield (name, index), item


def changed(settings: Section, names: Collection[str]) -> list[tuple[str, ...]]:
    """List the settings that differ from their defaults, of the named fields and sections."""
    return [
        declared.path
        for declared in declarations(type(settings))
        if declared.path[0] in names and value_at(settings, declared.path) != declared.default
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
