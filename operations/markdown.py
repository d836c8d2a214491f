"""Pieces of Markdown as GitHub shows it."""

from collections.abc import Iterable, Sequence
from typing import Final

LONGEST_VALUE: Final = 160
HALF_A_CENT: Final = 0.005


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, without a line break at its end."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(map(cell, row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def cell(text: str) -> str:
    """Keep a text from breaking its table or list."""
    return text.replace("|", "\\|").replace("\n", " ")


def folded(title: str, text: str) -> str:
    """Write a part that opens on a click."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def code(text: str | None) -> str:
    """Write a value, cut where it is very long; nothing for None."""
    if text is None:
        return ""
    if not text:
        return "(empty)"
    cut = text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
    return f"`{cut.replace('`', ' ')}`"


def usd(amount: float, *, sign: bool = False) -> str:
    """Write dollars and cents, with a plus sign where `sign` asks for one."""
    mark = "-" if amount < -HALF_A_CENT else "+" if sign and amount > HALF_A_CENT else ""
    return f"{mark}${abs(amount):.2f}"
