"""What a verb answers on stdout: for people, or as JSON."""

import json
import sys
from pathlib import Path
from typing import Any


def answer(text: str, value: Any, *, as_json: bool, out: Path | None = None) -> None:
    """Print an answer, or write it into a file.

    Args:
        text: for people.
        value: the same as plain values.
        as_json: which of the two.
        out: a file for it.
    """
    written = json.dumps(value, indent=1, sort_keys=True) if as_json else text
    if written and not written.endswith("\n"):
        written += "\n"
    if out:
        out.write_text(written)
    else:
        sys.stdout.write(written)
