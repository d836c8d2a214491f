"""Which processes belong to which."""

from pathlib import Path


def descendants(pid: int) -> set[int]:
    """Return a process's children, theirs, and so on."""
    found: set[int] = set()
    for child in Path(f"/proc/{pid}/task").glob("*/children"):
        for number in child.read_text().split():
            found |= {int(number), *descendants(int(number))}
    return found
