"""Remembers the properties that could not be sent: the SDK is newer than the provider of the bridge."""

from __future__ import annotations

import json
import os
import threading

_lock = threading.Lock()
_seen: set[tuple[str, str, str]] = set()


def record(token: str, name: str, path: str) -> None:
    """Append `{"type", "name", "property"}` as a line of JSON to the file that a variable names.

    The variable is EMBEDDED_AWS_UNSUPPORTED_PROPERTIES. Each property is written once per process.
    """
    file = os.environ.get("EMBEDDED_AWS_UNSUPPORTED_PROPERTIES")
    entry = (token, name, path)
    with _lock:
        if not file or entry in _seen:
            return
        _seen.add(entry)
        with open(file, "a", encoding="utf-8") as lines:  # noqa: PTH123 - appending is not in pathlib
            lines.write(json.dumps(dict(zip(("type", "name", "property"), entry, strict=True))) + "\n")
