"""What does not bind: documented, needed, and turned off by `hardened` where only money speaks against it."""

import pytest

from policy.exceptions import EXCEPTIONS, PolicyException
from policy.rule import findings
from policy.rules import BY_NAME, binding
from tests.helpers.rendered_stacks import ALARMS, stack, variant


@pytest.mark.parametrize("one", EXCEPTIONS, ids=lambda one: one.rule)
def test_an_exception_is_documented_and_needed(one: PolicyException) -> None:
    """It names a rule that the program really breaks, why, and what keeping it would cost."""
    assert one.reason.endswith(".")
    assert one.cost.endswith(".")
    stacks = [stack("prod", **ALARMS), variant("prod with SQS")]
    assert any(finding for each in stacks for finding in findings([BY_NAME[one.rule]], each)), (
        "the program keeps this rule: remove the exception"
    )


def test_a_hardened_stack_can_be_made() -> None:
    """Settings of the program keep every rule that only costs money."""
    broken = findings(binding(hardened=True), variant("prod hardened"))
    assert [(one.rule.name, one.why) for one in broken] == []


def test_hardened_keeps_what_only_costs_money() -> None:
    """And nothing else: what has another reason stays an exception."""
    names = {rule.name for rule in binding(hardened=True)} - {rule.name for rule in binding()}
    assert names == {one.rule for one in EXCEPTIONS if one.only_money}
    assert len({one.rule for one in EXCEPTIONS}) == len(EXCEPTIONS)
