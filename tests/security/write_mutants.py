"""Prints who finds which mutant, as Markdown: `make mutants`."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.security.mutants import Mutant


def lines(outcomes: "list[tuple[Mutant, str | None]]", reasons: dict[str, str]) -> "Iterator[str]":
    """Write the report."""
    finders = Counter(finder or "nobody" for _, finder in outcomes)
    yield f"{len(outcomes)} mutants, {1 - finders['nobody'] / len(outcomes):.1%} found.\n"
    yield "| finder | mutants |\n| --- | ---: |"
    yield from (f"| {finder} | {count} |" for finder, count in finders.most_common())
    yield "\n| nobody finds | mutants |\n| --- | ---: |"
    missed = Counter(f"`{one.path}`: {one.old} to {one.new}" for one, finder in outcomes if finder is None)
    yield from (f"| {change} | {count} |" for change, count in sorted(missed.items()))
    yield "\n| left out | why |\n| --- | --- |"
    yield from (f"| `{path}` | {reason} |" for path, reason in reasons.items())


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(root))
    os.chdir(root)
    from tests.helpers.rendered_stacks import variant
    from tests.security.checkers import STACKS, verdicts
    from tests.security.mutants import EXCLUDED, HARMLESS

    every = [one for name in STACKS for one in verdicts(variant(name))]
    sys.stdout.write("\n".join(lines(every, {**EXCLUDED, **HARMLESS})) + "\n")
