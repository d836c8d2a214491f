"""References to secrets instead of values: `{secret_arn: ARN}`, with `key` where the secret is JSON."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from ..documents import is_list, is_mapping
from ..shown import shown
from .plaintext import is_secret

KEYS: Final = ("secret_arn", "key")
ARN: Final = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]+"
"""With the exclamation mark that AWS's own services put into their secrets' names, as RDS does: `rds!db-...`.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html
"""
WHOLE_ARN: Final = f"{ARN}-[A-Za-z0-9]{{6}}"
"""With what Secrets Manager adds to a name: only so does IAM allow just one."""


def is_reference(value: Any) -> bool:
    """Whether a value is a reference, valid or not."""
    return is_mapping(value) and "secret_arn" in value


def errors(path: str, name: str, value: Any) -> Iterator[str]:
    """Yield invalid references and secrets in plaintext in a value; never the value."""
    if is_reference(value):
        yield from _reference(path, value)
    elif is_secret(name, value):
        yield f"{path} is in plaintext. Keep it in Secrets Manager, and write {{secret_arn: ARN, key: NAME}}"
    elif is_mapping(value):
        for key, inner in value.items():
            yield from errors(f"{path}.{key}", key, inner)
    elif is_list(value):
        for number, inner in enumerate(value):
            yield from errors(f"{path}[{number}]", "", inner)


def arns(value: Any) -> Iterator[str]:
    """List the ARNs of the secrets that a valid value references."""
    if is_mapping(value):
        if is_reference(value):
            yield value["secret_arn"]
        else:
            for inner in value.values():
                yield from arns(inner)
    elif is_list(value):
        for inner in value:
            yield from arns(inner)


def unknown(path: str, fields: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Yield an error for each unknown key, with the nearest known one."""
    for key in fields:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]}?" if near else f"Valid keys: {', '.join(known)}"
            yield f"{path} has the unknown key {key!r}. {hint}"


def _reference(path: str, fields: Mapping[str, Any]) -> Iterator[str]:
    yield from unknown(path, fields, KEYS)
    arn = fields["secret_arn"]
    if not isinstance(arn, str) or not re.fullmatch(WHOLE_ARN, arn):
        yield f"{path}.secret_arn must be a secret's whole ARN, arn:aws:secretsmanager:...:secret:NAME-AbCdEf"
    if "key" in fields and (not isinstance(fields["key"], str) or not fields["key"]):
        got = shown(fields["key"])
        yield f"{path}.key must be a string, the name of a value in the secret's JSON; got {got}"
