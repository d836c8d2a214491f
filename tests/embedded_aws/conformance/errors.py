"""Which errors of AWS's API reference the account keeps, and why it does not model the others.

The operations are those that the program, its commands and AWS's provider call (`cli/ci/actions.py`).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from cli.ci import actions
from tests.embedded_aws.conformance import services
from tests.embedded_aws.conformance.behaviours import Behaviour

FILE: Final = Path(__file__).with_name("not_modelled.yaml")
Pair = tuple[str, str]
"""An operation, and the code of an error."""


@dataclass(frozen=True)
class Rule:
    """Errors that are not modelled for one reason."""

    why: str
    errors: tuple[str, ...]
    """Regular expressions."""
    of: tuple[str, ...] = ()
    """Services and operations; all where there is none."""

    def covers(self, operation: str, error: str) -> bool:
        """Whether it is the reason for an error of an operation."""
        of = not self.of or operation in self.of or operation.partition(":")[0] in self.of
        return of and any(re.fullmatch(pattern, error) for pattern in self.errors)


@cache
def _data() -> Mapping[str, Any]:
    return yaml.safe_load(FILE.read_text())


@cache
def rules() -> tuple[Rule, ...]:
    """Read the rules; the first that covers an error counts."""
    return tuple(
        Rule(one["why"], tuple(one["errors"]), tuple(one.get("of", ()))) for one in _data()["errors"]
    )


def without() -> tuple[str, ...]:
    """List the operations that the account does not have: the first rule."""
    return rules()[0].of


def behaviours() -> list[tuple[str, str]]:
    """Read what is not modelled apart from errors: the service, and the sentence."""
    return [(one["of"], one["what"]) for one in _data()["behaviours"]]


def operations() -> list[str]:
    """List the operations that are called, as far as they are operations and not only permissions."""
    called = sorted(actions.reads() | actions.writes())
    return [one for one in called if one.partition(":")[2] in services.operations(one.partition(":")[0])]


def listed() -> Iterator[Pair]:
    """List the errors of the operations' reference pages."""
    for operation in operations():
        service, _, name = operation.partition(":")
        yield from ((operation, error) for error in services.errors(service, name))


def retained(behaviours: Iterable[Behaviour]) -> set[Pair]:
    """List what a test holds."""
    return {(one.operation, one.error) for one in behaviours if one.error}


def reason(operation: str, error: str) -> Rule | None:
    """Find why an error is not modelled."""
    return next((rule for rule in rules() if rule.covers(operation, error)), None)
