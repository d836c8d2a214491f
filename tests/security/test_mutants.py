"""How much the rules and the tests of rendered stacks hold: each input changed, and who finds it."""

from collections import Counter
from typing import Final

import pytest

from tests.helpers.rendered_stacks import variant
from tests.security.checkers import STACKS, Court, verdicts
from tests.security.mutants import ENUMERATIONS, EXCLUDED, HARMLESS, Mutant, leaves, mutants

MIN_FOUND_SHARE: Final = 0.97

Verdicts = list[tuple[Mutant, str | None]]


@pytest.fixture(scope="module")
def outcomes() -> Verdicts:
    """Every mutant, and who finds it."""
    return [one for name in STACKS for one in verdicts(variant(name))]


def test_nearly_every_mutant_is_found(outcomes: Verdicts) -> None:
    """Most by a rule of the policy pack, which people outside of this project use."""
    finders = Counter(finder for _, finder in outcomes)
    assert len(outcomes) > 1500
    assert 1 - finders[None] / len(outcomes) >= MIN_FOUND_SHARE
    assert finders["rule"] / len(outcomes) > 0.5


def test_a_stack_as_it_is_has_no_finder() -> None:
    """Nobody cries without a reason."""
    stack = variant(STACKS[0])
    same = Mutant(before=stack[-1], after=stack[-1], path="", old=None, new=None)
    assert Court(stack).finder(same) is None


def test_what_is_left_out_is_there() -> None:
    """An excluded input that is rendered no more needs no excuse."""
    paths = {one.path for name in STACKS for one in mutants(variant(name))}
    left_out = {*EXCLUDED, *(one.rsplit(" ", 1)[0] for one in HARMLESS)}
    assert left_out <= paths


def test_every_enumeration_is_known() -> None:
    """A text in capitals has its other values listed, and so has every value that is rendered."""
    rendered = {one for name in STACKS for one in leaves(variant(name))}
    capitals = {path for path, value in rendered if isinstance(value, str) and value.isupper()}
    assert capitals - set(ENUMERATIONS) == NAMES
    assert [one for one in rendered if one[0] in ENUMERATIONS and one[1] not in ENUMERATIONS[one[0]]] == []


NAMES: Final = {
    "ecs/TaskDefinition.containerDefinitions.environment.name",
    "ecs/TaskDefinition.containerDefinitions.environment.value",
    "ecs/TaskDefinition.containerDefinitions.healthCheck.command",
    "ecs/TaskDefinition.containerDefinitions.secrets.name",
    "route53/Record.zoneId",
}
"""Capitals that are no enumeration."""
