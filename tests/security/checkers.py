"""Who finds a mutant: the rules that bind, the tests of rendered stacks, the bill."""

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any, Final

from components.model.pricing.cost import bill
from components.model.rendered import Rendered
from policy.rule import broken
from policy.rules import binding
from tests.security import documents, reachability, wiring
from tests.security.mutants import Mutant, mutants

REGION: Final = "us-east-1"
STACKS: Final = (
    "prod for everybody",
    "prod behind a Network Load Balancer",
    "prod with a customer managed key",
    "prod in a company",
    "prod with a scaled worker group",
    "prod with SQS",
)
"""Together they have every kind of resource."""
RULES: Final = binding()
SINGLE: Final = [rule for rule in RULES if not rule.whole_stack]
WHOLE: Final = [rule for rule in RULES if rule.whole_stack]
OF_A_STACK: Final[Mapping[str, Callable[[list[Rendered]], Iterable[Any]]]] = {
    "rule": lambda stack: [
        (rule.name, one.name)
        for rule in WHOLE
        for one in stack
        if one.kind in rule.kinds and broken(rule, one, stack)
    ],
    "reachability": reachability.errors,
    "IAM": documents.errors,
    "wiring": wiring.errors,
    "cost": lambda stack: bill(stack, REGION).lines,
}
"""What each says of a whole stack; another answer is a find. docs/cost.md holds the bills."""
READ_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "reachability": ("vpc/", "lb/", "ecs/Service", "rds/Instance", "elasticache/Rep"),
    "IAM": ("iam/", "s3/BucketPolicy", "kms/", "ecr/RepositoryPolicy", "sqs/QueuePolicy"),
}
"""Kinds that a check reads, where it is not all: the others need not be asked again."""


class Court:
    """A stack with what everybody says about it as it is."""

    def __init__(self, stack: list[Rendered]) -> None:
        self._stack = stack

    @cached_property
    def _before(self) -> dict[str, list[Any]]:
        return {name: list(checker(self._stack)) for name, checker in OF_A_STACK.items()}

    def finder(self, mutant: Mutant) -> str | None:
        """Say who finds a mutant, or None."""
        for rule in SINGLE:
            if mutant.after.kind in rule.kinds and (
                broken(rule, mutant.after, self._stack) != broken(rule, mutant.before, self._stack)
            ):
                return "rule"
        stack = mutant.stack(self._stack)
        for name, checker in OF_A_STACK.items():
            if mutant.after.kind.startswith(READ_BY.get(name, "")) and (
                list(checker(stack)) != self._before[name]
            ):
                return name
        return None


def verdicts(stack: list[Rendered]) -> list[tuple[Mutant, str | None]]:
    """Check every mutant of a stack that is not excluded: the mutant and who finds it."""
    court = Court(stack)
    return [(one, court.finder(one)) for one in mutants(stack) if not one.excluded]
