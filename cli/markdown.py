"""Pieces of Markdown as GitHub shows it."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import Final

MAX_VALUE_LENGTH: Final = 2000
"""Of what differs, or is new, a reviewer sees all that fits on a few screens; beyond it, how much is left."""
MAX_WHOLE_LENGTH: Final = 160
"""Up to this length a changed value is shown whole; of a longer one, what differs."""
CONTEXT_WORDS: Final = 2
"""So many words that two values share are shown at each side of what differs."""
WORD: Final = re.compile(r"\S{1,64}\s*|\s+")
SPECIAL: Final = re.compile(r"[\\`*_\[\]<>!~&]")
"""What Markdown reads as more than text: https://github.github.com/gfm/#backslash-escapes"""
HALF_A_CENT: Final = 0.005


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table, without a line break at its end."""
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    lines += [" | ".join(map(cell, row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def cell(text: str) -> str:
    """Keep a text from breaking its table or list."""
    return text.replace("|", "\\|").replace("\n", " ")


def plain(text: str) -> str:
    """Write a text so that Markdown finds nothing in it."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", text)


def html(text: str) -> str:
    """Write a text inside HTML, where backslashes would show."""
    return SPECIAL.sub(lambda found: f"&#{ord(found[0])};", text)


def folded(title: str, text: str) -> str:
    """Write a part that opens on a click."""
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>"


def code(text: str | None) -> str:
    """Write a value, or a name; nothing for None. What is left out of a very long one is counted."""
    if text is None:
        return ""
    if not text:
        return "(empty)"
    left_out = len(text) - MAX_VALUE_LENGTH
    note = f" ... and {left_out} more characters" if left_out > 0 else ""
    return f"`{text[:MAX_VALUE_LENGTH].replace('`', ' ')}`{note}"


def sides(before: str | None, after: str | None) -> tuple[str, str]:
    """Write two values: all of what differs in them, and of what they share only what is beside it."""
    if before is None or after is None or max(len(before), len(after)) <= MAX_WHOLE_LENGTH:
        return code(before), code(after)
    old, new = WORD.findall(before), WORD.findall(after)
    same = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    return (
        code(_without(old, [(one.a, one.a + one.size) for one in same])),
        code(_without(new, [(one.b, one.b + one.size) for one in same])),
    )


def _without(words: Sequence[str], same: Iterable[tuple[int, int]]) -> str:
    """Leave out what is the same, but for some words at each end of it."""
    found: list[str] = []
    place = 0
    for start, end in same:
        found += words[place:start]
        shared = words[start:end]
        if len(shared) > 2 * CONTEXT_WORDS:
            first, last = (start > 0) * CONTEXT_WORDS, (end < len(words)) * CONTEXT_WORDS
            shared = [*shared[:first], "... ", *shared[len(shared) - last :]]
        found += shared
        place = end
    return "".join(found).strip()


def usd(amount: float, *, sign: bool = False) -> str:
    """Write dollars and cents, with a plus sign where `sign` asks for one."""
    mark = "-" if amount < -HALF_A_CENT else "+" if sign and amount > HALF_A_CENT else ""
    return f"{mark}${abs(amount):.2f}"
