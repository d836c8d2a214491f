"""What is told to whoever runs the engine: progress on stderr, and what stops it, in one line."""

import sys


class EngineError(Exception):
    """The engine cannot be had: what is missing, and what to do."""


def progress(line: str) -> None:
    """Tell what happens."""
    sys.stderr.write(f"engine: {line}\n")
    sys.stderr.flush()
