"""What is said twice in a stack is the same both times; that contradictions are seen: `test_mutants`."""

import pytest

from tests.helpers.rendered_stacks import VARIANTS, variant
from tests.security import wiring


@pytest.mark.parametrize("name", VARIANTS)
def test_a_stack_does_not_contradict_itself(name: str) -> None:
    """Ports, counts, sizes, folders, actions, names, engines."""
    assert wiring.errors(variant(name)) == []
