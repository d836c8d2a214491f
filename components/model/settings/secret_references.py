"""Secrets named in place of written: `{secret_arn: ARN}`, with `key` where the secret is JSON."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from ..documents import is_list, is_mapping

KEYS: Final = ("secret_arn", "key")
ARN: Final = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]+"
"""With the exclamation mark that AWS's own services put into their secrets' names, as RDS does: `rds!db-...`.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/service-linked-secrets.html
"""
WHOLE_ARN: Final = f"{ARN}-[A-Za-z0-9]{{6}}"
"""With what Secrets Manager adds to a name: only so does IAM allow just one."""
SECRET_NAMES: Final = (
    *(
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "keyfile_dict",
        "passphrase",
        "passwd",
        "password",
    ),
    *("private_key", "secret", "secret_access_key", "token"),
)
"""What is named so, or ends so, is a secret: the names that Airflow masks.

https://airflow.apache.org/docs/apache-airflow/stable/security/secrets/mask-sensitive-values.html
"""


def refers(value: Any) -> bool:
    """Whether a value is a reference, right or wrong."""
    return is_mapping(value) and "secret_arn" in value


def is_secret(name: str) -> bool:
    """Whether a value of this name is a secret."""
    return name.lower().endswith(SECRET_NAMES)


def errors(path: str, name: str, value: Any) -> Iterator[str]:
    """Yield which references in a value are wrong, and which secrets are in plaintext; never a value."""
    if refers(value):
        yield from _reference(path, value)
    elif is_secret(name) and value and not isinstance(value, bool):
        yield f"{path} is in plaintext. Keep it in Secrets Manager, and write {{secret_arn: ARN, key: NAME}}"
    elif is_mapping(value):
        for key, inner in value.items():
            yield from errors(f"{path}.{key}", key, inner)
    elif is_list(value):
        for number, inner in enumerate(value):
            yield from errors(f"{path}[{number}]", "", inner)


def arns(value: Any) -> Iterator[str]:
    """List the secrets that a value without errors refers to."""
    if is_mapping(value):
        if refers(value):
            yield value["secret_arn"]
        else:
            for inner in value.values():
                yield from arns(inner)
    elif is_list(value):
        for inner in value:
            yield from arns(inner)


def unknown(path: str, fields: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    """Say which keys nobody would read, and which of the known ones is nearest."""
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
        yield f"{path}.key must be a string, the name of a value in the secret's JSON; got {fields['key']!r}"
