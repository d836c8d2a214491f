"""Settings that are given service by service."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..shown import shown
from .errors import Errors, Key, invalid
from .setting import Rule

ALL: Final = "all"
"""Stands for every service."""


@dataclass(frozen=True)
class ByService:
    """The rule of a mapping from services, or `all`, to values that satisfy a rule.

    Which services there are, only the catalogue knows: see components/model/workload/named_services.py.
    """

    rule: Rule

    def __call__(self, values: Mapping[str, Any]) -> Errors:
        """Yield an error for each invalid value."""
        for name, value in values.items():
            yield from (error.below(Key(name)) for error in self.rule(value))


def unknown(values: Mapping[str, Any], services: Collection[str]) -> Errors:
    """Yield an error for each name in a mapping by service that is not a service."""
    names = (*services, ALL)
    for name in values:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
            hint = f". Did you mean {near[0]}?" if near else ""
            yield invalid(f"must be given by service ({', '.join(names)}); got {shown(name)}{hint}")


def of_service(values: Mapping[str, Any], *names: str) -> list[Any]:
    """List what a mapping by service has for one: what is for all, then what is under its names, in order."""
    return [values[name] for name in (ALL, *names) if name in values]
