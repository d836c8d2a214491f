"""What the engine's errors come down to."""

import re
from typing import Final

from components.model.shown import without_logins

TRACEBACK: Final = "Traceback (most recent call last):"
"""Pulumi's dynamic providers hand all of it to the engine.

https://github.com/pulumi/pulumi/blob/v3.200.0/sdk/python/lib/pulumi/dynamic/__main__.py
"""
FRAME: Final = re.compile(r'^  File "(?P<file>[^"]+)", line (?P<line>\d+)', re.MULTILINE)
ERROR: Final = re.compile(r"^(?P<package>\w+)\.[\w.]+: ")
"""An exception of a package, such as one of this project's own; built-in ones are mistakes in the program."""


def essence(message: str) -> str:
    """Return what an error comes down to, without logins of URLs.

    The traceback of the dynamic provider that raised it goes. Of an exception that is built into Python the
    name stays, and where it was raised.
    """
    _, found, trace = without_logins(message).rpartition(TRACEBACK)
    if not found:
        return trace.strip()
    lines = trace.splitlines()
    first = next((number for number, line in enumerate(lines) if line and not line[0].isspace()), None)
    if first is None:
        return TRACEBACK
    raised = "\n".join(lines[first:]).strip()
    if ERROR.match(raised):
        return ERROR.sub("", raised, count=1)
    frames = list(FRAME.finditer(trace))
    where = f" ({frames[-1]['file']}, line {frames[-1]['line']})" if frames else ""
    return f"{raised}{where}"
