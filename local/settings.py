"""Settings as `make up SETTINGS="..."` has them: `KEY=VALUE` with spaces between.

A value that begins with `[` or `{` is a list or a mapping in YAML's (or JSON's) form, and one in quotes may
hold spaces: `logsRetentionDays=7 tags={team: data} databaseMaintenanceSchedule="cron(0 3 * * ? *)"`.
"""

import re
from typing import Any

_KEY = re.compile(r"([A-Za-z][\w:.-]*)=")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_PLAIN = re.compile(r"\S*")
_OPEN, _CLOSE = "[{", "]}"


class SettingError(ValueError):
    """What was given is not a setting; the message has the part, and the form to use."""


def split(line: str) -> list[tuple[str, str]]:
    """Return the keys and values of a line, values as they were written.

    Raises:
        SettingError: a part of it is not `KEY=VALUE`, or a bracket or quote has no end.
    """
    found: list[tuple[str, str]] = []
    rest = line.strip()
    while rest:
        key = _KEY.match(rest)
        if key is None:
            raise SettingError(f"must be KEY=VALUE; got {rest.split()[0]!r}")
        rest = rest[key.end() :]
        length = _length(rest)
        if rest[length : length + 1].strip():
            raise SettingError(f"{key[1]} must end at a space; got {rest[: length + 10]!r}")
        found.append((key[1], rest[:length]))
        rest = rest[length:].lstrip()
    return found


def pair(text: str) -> tuple[str, str]:
    """Return key and value of one setting, the value as it was written.

    Raises:
        SettingError: it is not `KEY=VALUE`.
    """
    key, equals, written = text.partition("=")
    if not (key and equals):
        raise SettingError(f"must be KEY=VALUE; got {text!r}")
    return key, written


def value(key: str, written: str) -> Any:
    """Return the list, mapping or string that a value stands for.

    Raises:
        SettingError: it begins as a list or mapping, and is not a valid one.
    """
    import yaml  # noqa: PLC0415 - lines are split before anything is installed

    if quoted := _QUOTED.fullmatch(written):
        return quoted[1] if quoted[1] is not None else quoted[2]
    if not written.startswith(tuple(_OPEN)):
        return written
    try:
        return yaml.safe_load(written)
    except yaml.YAMLError as error:
        reason = getattr(error, "problem", None) or str(error)
        raise SettingError(f"{key} must be a list or mapping in YAML; {reason}: {written!r}") from None


def _length(rest: str) -> int:
    if quoted := _QUOTED.match(rest):
        return quoted.end()
    if not rest.startswith(tuple(_OPEN)):
        plain = _PLAIN.match(rest)
        return plain.end() if plain else 0
    depth, position = 0, 0
    while position < len(rest):
        if quoted := _QUOTED.match(rest, position):
            position = quoted.end()
            continue
        depth += (rest[position] in _OPEN) - (rest[position] in _CLOSE)
        position += 1
        if depth == 0:
            return position
    raise SettingError(f"the {rest[0]!r} of {rest!r} has no end")
